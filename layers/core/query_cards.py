"""The card of one object: what colour, why, what would turn it green, who has it, by when, and from which source."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from typing import Any

from data import policy
from data.codes import FOLDER
from data.errors import PolicyError, StoreError
from data.policy import Viewer
from data.schema import TABLES, Table
from data.schema import table as contract_table
from data.schema.people import still_open
from layers.core.query_places import breadcrumb, main_layer, people_shown, title_of
from layers.core.query_store import Row, Store, field_facts, in_words, level_facts, reason_facts, today_of
from layers.core.registry import columns_of, references
from layers.core.rules import joins_of
from layers.core.spec import Field, Layer, Part


def object_by_ordinal(store: Store, layer: str, ordinal: int) -> Row | None:
    """Table and key of what the map calls `ordinal` in a layer; None when it is no longer there."""
    declared = store.layer(layer)
    table = contract_table("area" if declared.geometry == "area" else declared.table)
    found = store.one(f"SELECT {table.key[0]} AS key FROM {table.name} WHERE ordinal = $ordinal", ordinal=ordinal)
    return {"table": table.name, "key": found["key"]} if found else None


def tooltip(store: Store, viewer: Viewer, layer: str, ordinal: int) -> Row | None:
    """Title, level and first reason of a feature under the pointer, and the layer's tooltip fields."""
    found = object_by_ordinal(store, layer, ordinal)
    if found is None:
        return None
    declared = store.layer(layer)
    names = ("name",) if declared.geometry == "area" else declared.tooltip
    row = _object(store, TABLES[found["table"]], found["key"])
    values = _released(store, viewer, TABLES[found["table"]], row)
    told = _receipt(store, viewer, declared, found["key"])
    return found | {
        "title": title_of(declared, values, found["key"]),
        "colour": told and told["colour"],
        "reasons": told["reasons"][:1] if told else [],
        "fields": _contract_fields(TABLES[found["table"]], names, values, viewer),
    }


def card(store: Store, viewer: Viewer, table: str, key: str, layer: str = "") -> Row:
    """Everything that the viewer may know about one object, looked at through `layer` where that judges it, else through its main layer.

    `receipt` is that layer's, `receipts` are those of all layers that judge the object, that one first. Raises StoreError when there is no
    such object, PolicyError for a person.
    """
    declared = contract_table(table)
    if table == "person":
        raise PolicyError("A person has no card of its own.", remedy="Open the house; officers find the residents in its list.")
    row = _object(store, declared, key)
    main = main_layer(store, table)
    told = _receipts(store, viewer, table, key, (layer, main.name if main else ""))
    first = told[0]["layer"] if told else None
    through = next((one for one in store.layers if one.name == first and one.table == table and one.card), main)
    values = _released(store, viewer, declared, row)
    return {
        "table": table, "key": key, "ordinal": row.get("ordinal"), "title": title_of(main, values, key) if main else key,
        "kind_zh": declared.zh, "kind_en": declared.en, "box": [row.get(side) for side in ("west", "south", "east", "north")],
        "receipt": told[0] if told else None, "receipts": told,
        "fields": _fields(store, viewer, through, declared, key, values) if through
        else _contract_fields(declared, tuple(values), values, viewer),
        "people": people_shown(store, viewer, key) if table == "area" else None,
        "parts": _parts(store, viewer, through, key) if through and through.parts else [],
        "in_charge": _in_charge(declared, values), "cases": _cases(store, viewer, table, key),
        "path": breadcrumb(store, key if table == "area" else str(row.get("area_code") or "")),
        "source": _source(row, through, today_of(store)),
    }  # fmt: skip


def _receipts(store: Store, viewer: Viewer, table: str, key: str, first: tuple[str, ...]) -> list[Row]:
    """Receipts of all layers that judge the object, those named in `first` first, the others in drawing order."""
    layers = [one for one in store.layers if one.table == table or (one.geometry == "area" and table == "area")]
    layers.sort(key=lambda one: first.index(one.name) if one.name in first else len(first))
    return [facts for one in layers if (facts := _receipt(store, viewer, one, key))]


def _object(store: Store, table: Table, key: str) -> Row:
    spatial = ", ordinal, west, south, east, north" if table.geometry else ""
    columns = ", ".join(f'"{column.name}"' for column in table.all_columns)
    found = store.one(f"SELECT {columns}{spatial} FROM {table.name} WHERE {table.key[0]} = $key", key=key)
    if found is None:
        raise StoreError(
            f"There is no {table.en.lower()} {key!r} in this snapshot.", remedy="It may have been removed by a later delivery.",
            zh=f"这一版数据里没有{table.zh} {key!r}。", zh_remedy="可能已被后来的交付移除。",
        )  # fmt: skip
    return found


def _released(store: Store, viewer: Viewer, table: Table, row: Row) -> Row:
    names = {column.name for column in table.all_columns}
    return policy.release_one(table, {name: value for name, value in row.items() if name in names}, viewer, today_of(store))


def _receipt(store: Store, viewer: Viewer, layer: Layer, key: str) -> Row | None:
    """The colour of an object in one layer with reasons and remedies; on areas, of the layer's counts."""
    name = f"{layer.name}_area" if layer.geometry == "area" else layer.name
    found = store.one(
        """SELECT level, reasons, rule_version, computed_at, valid_until, next_visit_due, override_by, override_why, override_until
        FROM receipt WHERE layer = $layer AND object_id = $key""",
        layer=name, key=key,
    )  # fmt: skip
    if found is None:
        return None
    reasons = reason_facts(layer, found.pop("reasons"))
    by_hand = {name: found.pop(name) for name in ("override_by", "override_why", "override_until")}
    to_mend = [reason for reason in reasons if reason["remedy_zh"] and reason["level"] not in (None, 5)]
    return (
        found
        | policy.release_one("override", by_hand, viewer)
        | {
            "layer": layer.name,
            "zh": layer.zh,
            "en": layer.en,
            "colour": level_facts(found["level"]),
            "reasons": reasons,
            "remedies": to_mend,
        }
    )


def _fields(store: Store, viewer: Viewer, layer: Layer, table: Table, key: str, values: Row) -> list[Row]:
    computed = _computed(store, viewer, layer, table, key)
    out: list[Row] = []
    for item in layer.card:
        if isinstance(item, Field):
            out.append(computed[item.name])
        else:
            out += _contract_fields(table, (item,), values, viewer)
    return out


def _contract_fields(table: Table, names: tuple[str, ...], values: Row, viewer: Viewer) -> list[Row]:
    columns = {column.name: column for column in table.all_columns}
    return [
        field_facts(columns[name], values[name], values[name] is not None and not policy.sees_in_clear(columns[name], viewer))
        for name in names
        if name in values and name in columns
    ]


def _computed(store: Store, viewer: Viewer, layer: Layer, table: Table, key: str) -> dict[str, Row]:
    """Values of the layer's computed fields; counts of people pass the policy together, since one may be part of another."""
    fields = [item for item in layer.card if isinstance(item, Field)]
    if not fields:
        return {}
    columns = ", ".join(f"({field.value}) AS {field.name}" for field in fields)
    needed = {alias for field in fields for alias, _ in references(field.value)}
    sql = f"SELECT {columns} FROM {table.name} o {joins_of(layer, needed)} WHERE o.{table.key[0]} = $key"
    bound: Row = {"key": key} | ({"as_of": today_of(store)} if "$as_of" in sql else {})
    row = store.one(sql, **bound) or {}
    shown = {field.name: policy.count(int(row[field.name] or 0), viewer) for field in fields if field.kind == "people"}
    return {field.name: _field_facts(field, shown.get(field.name, row.get(field.name))) for field in fields}


def _field_facts(field: Field, value: Any) -> Row:
    zh, en = in_words(field.codes or None, value)
    masked = isinstance(value, policy.Suppressed)
    return {
        "name": field.name,
        "zh": field.zh,
        "en": field.en,
        "value": value,
        "text_zh": zh,
        "text_en": en,
        "unit": field.unit,
        "masked": masked,
    }


def _parts(store: Store, viewer: Viewer, layer: Layer, key: str) -> list[Row]:
    """Parts of a composite score, those without data too: a reader must see what the score stands on.

    `weight` is the declared one in percent, `share` what it comes to when the weights of parts without data fall to the others (None: no data).
    """
    stored = {
        row["part"]: row
        for row in store.rows(
            "SELECT part, weight, value, bad, n FROM score WHERE layer = $layer AND object_id = $key", layer=layer.name, key=key
        )
    }
    known = sum(row["weight"] for row in stored.values() if row["value"] is not None)
    return [_part(part, stored.get(part.name, {}), known, viewer) for part in layer.parts]


def _part(part: Part, stored: Row, known: float, viewer: Viewer) -> Row:
    value, counts = stored.get("value"), {"bad": stored.get("bad"), "n": stored.get("n")}
    if part.people:
        counts = {name: n if n is None else policy.mixed(n, viewer) for name, n in counts.items()}
    share = None if value is None else 100 * part.weight / known
    return {"part": part.name, "zh": part.zh, "en": part.en, "weight": part.weight, "share": share, "value": value} | counts


def _in_charge(table: Table, values: Row) -> Row | None:
    if not values.get("chief"):
        return None
    column = table.column("chief")
    return {"zh": column.zh, "en": column.en, "name": values["chief"], "phone": values.get("chief_phone")}


def _cases(store: Store, viewer: Viewer, table: str, key: str) -> list[Row]:
    """Cases still open on the object: what, since when, by whom, by when, and how many days late."""
    today = today_of(store)
    columns = ("case_id", "event_type", "grade", "opened_on", "due_on", "responsible", "responsible_phone")
    rows = store.rows(
        f"""SELECT {", ".join(columns)} FROM casework WHERE object_table = $table AND object_id = $key AND opened_on <= $today
        AND {still_open('$today')} ORDER BY due_on, case_id""",
        table=table, key=key, today=today,
    )  # fmt: skip
    out = []
    for row in policy.release("casework", rows, viewer, today):
        zh, en = event_names().get(str(row["event_type"]), (row["event_type"], row["event_type"]))
        late = (today - date.fromisoformat(row["due_on"])).days if row["due_on"] else 0
        out.append(row | {"event_zh": zh, "event_en": en, "late_days": max(late, 0)})
    return out


@cache
def event_names() -> dict[str, tuple[str, str]]:
    """Names of the incident types by code, Chinese and English."""
    with (FOLDER / "event_types.csv").open(encoding="utf-8-sig", newline="") as handle:
        return {row["code"]: (row["zh"], row["en"]) for row in csv.DictReader(handle)}


def _source(row: Row, layer: Layer | None, today: date) -> Row:
    """Where the row comes from and how old it is: days since somebody confirmed it, else since it was delivered."""
    seen = row.get("verified_on") or row.get("delivered_at")
    age = (today - date.fromisoformat(str(seen)[:10])).days if seen else None
    limit = layer.freshness_days if layer else None
    return {
        "dataset": row.get("source"), "delivered_at": row.get("delivered_at"), "verified_on": row.get("verified_on"), "age_days": age,
        "stale": None if limit is None or age is None else age >= limit,
    }  # fmt: skip


def residents(store: Store, viewer: Viewer, house_id: str, limit: int = 100, offset: int = 0) -> Row:
    """The people of a house: `{"total", "rows"}`, released row by row. Raises PolicyError below officer."""
    if not viewer.reaches("officer"):
        raise PolicyError("Residents are shown to this role as counts only.", remedy="Ask an officer of the village.")
    layer = store.layer("people")
    names = [item for item in layer.card if isinstance(item, str) and item in columns_of("person")]
    total = store.values("SELECT count(*) FROM person WHERE house_id = $house", house=house_id)[0]
    rows = store.rows(
        f"SELECT {', '.join(names)} FROM person WHERE house_id = $house ORDER BY room_no, person_id LIMIT $limit OFFSET $offset",
        house=house_id, limit=limit, offset=offset,
    )  # fmt: skip
    return {"total": total, "rows": policy.release("person", rows, viewer, today_of(store))}

"""Questions of the wall: the town in figures that carry across a room. What concerns persons passes `data.policy` as everywhere."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from data import policy
from data.codes import code_list, land_classes
from data.policy import Viewer
from data.schema import TABLES
from data.schema.people import still_open
from layers.core.query_cards import event_names
from layers.core.query_places import TITLES, children, title_of
from layers.core.query_store import Row, Store, in_words, reason_facts, root_of, today_of
from layers.core.spec import Layer

BAND_YEARS, BANDS = 15, 6  # 0 to 14, … 75 and older: few enough to be read across a room
NEXT_DAYS, CLOSED_DAYS = 7, 90  # cases due in the coming week; cases whose limit fell into the last three months
ONLINE = ("working", "idle", "open", "open_late", "short_service", "alarming")
MEN, WOMEN = "men", "women"


def judged_layers(store: Store) -> list[Layer]:
    """Layers whose objects are on the map and have levels: what the wall counts as red."""
    return [layer for layer in store.layers if layer.rules and not layer.personal and layer.table != "area"]


def categories(store: Store, viewer: Viewer) -> list[Row]:
    """People by category (registered, migrant, …): code, zh, en, n, largest first. Their sum is the town's people."""
    found = store.rows("SELECT category AS code, count(*) AS n FROM person WHERE category IS NOT NULL GROUP BY 1 ORDER BY 2 DESC")
    shown = policy.breakdown({row["code"]: row["n"] for row in found}, viewer)
    words = ((row["code"], in_words("person_category", row["code"])) for row in found)
    return [{"code": code, "zh": zh, "en": en, "n": shown[code]} for code, (zh, en) in words]


def pyramid(store: Store, viewer: Viewer) -> list[Row]:
    """People by age band and sex, the youngest first: low, high (None: and older), men, women."""
    found = store.rows(
        f"""SELECT least(date_diff('year', birth_date, $today)
            - (strftime(birth_date, '%m%d') > strftime($today::DATE, '%m%d'))::INTEGER, {BAND_YEARS * BANDS - 1}) // {BAND_YEARS} AS band,
            count_if(sex = '1') AS {MEN}, count_if(sex = '2') AS {WOMEN}
        FROM person WHERE birth_date <= $today AND sex IN ('1', '2') GROUP BY 1""",
        today=today_of(store),
    )
    counts: dict[int, dict[str, int]] = {band: {MEN: 0, WOMEN: 0} for band in range(BANDS)} if found else {}
    for row in found:
        counts[int(row["band"])] = {MEN: row[MEN], WOMEN: row[WOMEN]}
    shown = policy.matrix(list(counts.values()), viewer)
    return [
        {"low": band * BAND_YEARS, "high": (band + 1) * BAND_YEARS - 1 if band < BANDS - 1 else None, **row}
        for band, row in zip(counts, shown, strict=True)
    ]


def land_use(store: Store) -> list[Row]:
    """Surveyed land by main class of the third survey, largest first: zh, en, hex, area_m2, n. Empty where areas or classes are not theirs."""
    known = {cls.group[:2]: cls for cls in reversed(land_classes())}
    found = store.rows(
        """SELECT left(class_code, 2) AS code, sum(area_m2) AS area_m2, count(*) AS n FROM parcel
        WHERE area_m2 > 0 AND coalesce(scheme, 'sandiao') IN ('sandiao', 'gbt21010') GROUP BY 1 ORDER BY 2 DESC"""
    )
    return [row | _main_class(known[row["code"]].group) | {"hex": known[row["code"]].hex} for row in found if row["code"] in known]


def _main_class(group: str) -> Row:
    """`01 耕地 Cropland` in its parts."""
    _, zh, en = group.split(" ", 2)
    return {"zh": zh, "en": en}


def species(store: Store) -> list[Row]:
    """Stands by dominant species, largest first: name, area_m2 (None where no area was delivered), n."""
    return store.rows(
        "SELECT species AS name, sum(area_m2) AS area_m2, count(*) AS n FROM stand WHERE species <> '' GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 3 DESC"
    )


def devices(store: Store) -> list[Row]:
    """Facilities whose state is known by kind, most first: code, zh, en, n, online."""
    found = store.rows(
        """SELECT kind AS code, count(*) AS n, count_if(list_contains($online, state)) AS online FROM facility
        WHERE kind IS NOT NULL AND state IS NOT NULL AND state <> 'not_installed' GROUP BY 1 ORDER BY 2 DESC, 1""",
        online=list(ONLINE),
    )
    names = {code.code: (code.zh, code.en) for code in code_list("facility_kind")}
    return [row | dict(zip(("zh", "en"), names.get(row["code"], (row["code"], row["code"])), strict=True)) for row in found]


def cases(store: Store) -> Row:
    """Open cases, how many of them late or due within a week, and of those whose limit fell into the last three months the share closed on time."""
    today = today_of(store)
    found = store.one(
        f"""SELECT count(*) AS total, count_if(still) AS open, count_if(still AND due_on < $today) AS late,
            count_if(still AND due_on >= $today AND due_on <= $today + {NEXT_DAYS}) AS soon, count_if(due) AS due,
            count_if(due AND NOT still AND closed_on <= due_on) AS on_time
        FROM (SELECT *, {still_open("$today")} AS still, due_on >= $today - {CLOSED_DAYS} AND due_on < $today AS due
            FROM casework WHERE opened_on <= $today)""",
        today=today,
    )
    kinds = store.rows(
        f"""SELECT event_type AS code, count(*) AS n, count_if(due_on < $today) AS late FROM casework
        WHERE event_type IS NOT NULL AND opened_on <= $today AND {still_open("$today")} GROUP BY 1 ORDER BY 2 DESC, 1""",
        today=today,
    )
    return (found or {}) | {"kinds": [row | _event(row["code"]) for row in kinds]}


def _event(code: str) -> Row:
    zh, en = event_names().get(code, (code, code))
    return {"zh": zh, "en": en}


def reasons(store: Store) -> list[Row]:
    """Why objects are red, most frequent first: zh, en, n. An object counts once for each reason that makes it red.

    Reasons of several layers in the same words are one: whoever reads the list does not see the layer.
    """
    layers = {layer.name: layer for layer in judged_layers(store)}
    found = store.rows(
        """SELECT layer, code, count(*) AS n FROM (SELECT layer, unnest(reasons) AS code FROM receipt WHERE level = 1 AND list_contains($layers, layer))
        GROUP BY ALL ORDER BY n DESC, layer, code""",
        layers=list(layers),
    )
    counts: Counter[tuple[str, str]] = Counter()
    for row in found:
        told = reason_facts(layers[row["layer"]], [row["code"]])[0]
        if told["level"] == 1:
            counts[told["zh"], told["en"]] += row["n"]
    return [{"zh": zh, "en": en, "n": n} for (zh, en), n in counts.most_common()]


def reds(store: Store, viewer: Viewer, limit: int = 60) -> list[Row]:
    """Red objects, the longest overdue first: layer, title, village, reasons, who has it, due_on, late_days. Names are masked by role."""
    found = [row for layer in judged_layers(store) for row in _reds_of(store, viewer, layer, limit)]
    return sorted(found, key=lambda row: (-row["late_days"], row["due_on"] or "9999", row["layer"], row["key"]))[:limit]


def _reds_of(store: Store, viewer: Viewer, layer: Layer, limit: int) -> list[Row]:
    table = TABLES[layer.table]
    key, names = table.key[0], {column.name for column in table.all_columns}
    shown = [name for name in (*TITLES, "chief") if name in names]
    rows = store.rows(
        f"""SELECT o.{key} AS __key, {", ".join(f"o.{name}" for name in shown)}, r.reasons AS __reasons, v.name AS __village, c.due_on AS __due,
            c.responsible AS __responsible
        FROM receipt r JOIN {layer.table} o ON o.{key} = r.object_id
        LEFT JOIN (SELECT t.area_code, a.name FROM tree t JOIN area a ON a.code = t.ancestor_code
            WHERE t.ancestor_code IN (SELECT area_code FROM tree WHERE ancestor_code = $root AND depth = 1)) v ON v.area_code = o.area_code
        LEFT JOIN (SELECT object_id, min(due_on) AS due_on, arg_min(responsible, due_on) AS responsible FROM casework
            WHERE object_table = $table AND opened_on <= $today AND {still_open('$today')} GROUP BY 1) c ON c.object_id = r.object_id
        WHERE r.layer = $layer AND r.level = 1 ORDER BY c.due_on NULLS LAST, o.{key} LIMIT $limit""",
        root=root_of(store), table=layer.table, today=today_of(store), layer=layer.name, limit=limit,
    )  # fmt: skip
    today = today_of(store)
    return [_red(viewer, layer, row, shown, today) for row in rows]


def _red(viewer: Viewer, layer: Layer, row: Row, shown: list[str], today: date) -> Row:
    values = policy.release_one(layer.table, {name: row[name] for name in shown}, viewer, today)
    who = policy.release_one("casework", {"responsible": row["__responsible"]}, viewer)["responsible"] or values.get("chief")
    told = [reason for reason in reason_facts(layer, row["__reasons"] or []) if reason["level"] == 1]
    late = (today - date.fromisoformat(row["__due"])).days if row["__due"] else 0
    return {
        "layer": layer.name, "icon": layer.icon, "table": layer.table, "key": row["__key"], "title": title_of(layer, values, row["__key"]),
        "village": row["__village"], "reasons": told, "who": who, "due_on": row["__due"], "late_days": max(late, 0),
    }  # fmt: skip


def villages(store: Store, viewer: Viewer) -> list[Row]:
    """The areas below the town, the one with most reds first; `before` holds its reds at the delivery before, None where none is known."""
    root = root_of(store)
    earlier = _reds_before(store)
    rows = [row | {"before": earlier.get(row["code"], 0) if earlier is not None else None} for row in children(store, viewer, root)]
    return sorted(rows, key=lambda row: (-row["reds"], -row["oranges"], row["code"]))


def _reds_before(store: Store) -> dict[str, int] | None:
    days = (
        store.values("SELECT DISTINCT as_of FROM history WHERE as_of < $today ORDER BY 1 DESC LIMIT 1", today=today_of(store))
        if has_history(store)
        else []
    )
    if not days:
        return None
    rows = store.rows(
        "SELECT area_code, sum(n)::BIGINT AS n FROM history WHERE as_of = $day AND level = 1 AND list_contains($layers, layer) GROUP BY 1",
        day=days[0], layers=[layer.name for layer in judged_layers(store)],
    )  # fmt: skip
    return {row["area_code"]: row["n"] for row in rows}


def has_history(store: Store) -> bool:
    """Whether the snapshot carries its history; those published before there was one do not."""
    return bool(store.values("SELECT 1 FROM duckdb_tables() WHERE table_name = 'history' AND database_name = current_database()"))


def trend(store: Store) -> list[Row]:
    """Reds and oranges of the town at each delivery, oldest first: as_of, rule_version, reds, oranges, by_layer {layer: reds}."""
    if not has_history(store):
        return []
    found = store.rows(
        """SELECT as_of, any_value(rule_version) AS rule_version, layer, coalesce(sum(n) FILTER (level = 1), 0)::BIGINT AS reds,
            coalesce(sum(n) FILTER (level = 2), 0)::BIGINT AS oranges
        FROM history WHERE area_code = $root AND list_contains($layers, layer) GROUP BY as_of, layer ORDER BY as_of, layer""",
        root=root_of(store), layers=[layer.name for layer in judged_layers(store)],
    )  # fmt: skip
    days: dict[str, dict[str, Any]] = {}
    for row in found:
        day = days.setdefault(
            row["as_of"], {"as_of": row["as_of"], "rule_version": row["rule_version"], "reds": 0, "oranges": 0, "by_layer": {}}
        )
        day["reds"] += row["reds"]
        day["oranges"] += row["oranges"]
        day["by_layer"][row["layer"]] = row["reds"]
    return list(days.values())


def area_codes(store: Store) -> list[str]:
    """Codes of all areas: what a scene file may name as its viewport."""
    return [str(code) for code in store.values("SELECT code FROM area ORDER BY level, code")]

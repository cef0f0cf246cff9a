"""Search: what is called so, has this code or lies at this address; a person by her whole name leads to her house."""

from __future__ import annotations

from data import policy
from data.policy import Viewer
from data.schema import TABLES, Column
from layers.core.query_places import TITLES, main_layer, title_of
from layers.core.query_store import Row, Store
from layers.core.spec import Layer

TABLES_BEFORE_PEOPLE, TABLES_AFTER = ("area",), ("house", "facility", "parcel", "stand")  # in the order in which people mean them
ADDRESS_FROM = 4  # characters: fewer are in too many addresses to be meant as one
# That a column holds the text, however its letters are written. `lower` is dear: only rows that hold the sure part of the text come to it.
_HOLDS = "contains({column}, $sure)"
_HOLDS_FOLDED = "(contains({column}, $sure) AND contains(lower({column}), lower($text)))"


def search(store: Store, viewer: Viewer, text: str, limit: int = 20, area_code: str = "") -> list[Row]:
    """Areas, then the houses of persons of this name, then houses, facilities, parcels and stands whose name, code or address holds `text`.

    What a viewer may search by says `data.policy.search_by`. Of persons the answer holds the masked name (`who`) and their house, those
    in `area_code` first; never a key or number of theirs.
    """
    wanted = text.strip()
    out: list[Row] = []
    if wanted:
        out = _tables(store, viewer, TABLES_BEFORE_PEOPLE, wanted, limit)
        out += _houses_of(store, viewer, wanted, limit - len(out), area_code)
        out += _tables(store, viewer, TABLES_AFTER, wanted, limit - len(out))
    return out


def _tables(store: Store, viewer: Viewer, tables: tuple[str, ...], wanted: str, limit: int) -> list[Row]:
    out: list[Row] = []
    for table in tables:
        layer = main_layer(store, table)
        if layer and layer.rules and len(out) < limit:
            out += _found(store, viewer, layer, wanted, limit - len(out))
    return out


def _houses_of(store: Store, viewer: Viewer, wanted: str, limit: int, area_code: str) -> list[Row]:
    """Houses of the persons called `wanted`: who, masked, and where, masked."""
    layer, name = main_layer(store, "house"), TABLES["person"].column("name")
    how = policy.search_by(name, viewer)
    if layer is None or limit <= 0 or how == "no":
        return []
    same = "p.name = $text" if how == "whole" else "contains(p.name, $text)"
    rows = store.rows(
        f"""SELECT p.name, h.house_id, h.address, h.ordinal, [h.west, h.south, h.east, h.north] AS box
        FROM person p JOIN house h USING (house_id) WHERE {same}
        ORDER BY h.area_code IN (SELECT area_code FROM tree WHERE ancestor_code = $area) DESC, h.house_id, p.name LIMIT $limit""",
        text=wanted, area=area_code, limit=limit,
    )  # fmt: skip
    out = []
    for row in rows:
        who = policy.release_one("person", {"name": row["name"]}, viewer)["name"]
        where = policy.release_one("house", {"address": row["address"]}, viewer)["address"]
        out.append(_hit(layer, row["house_id"], row["ordinal"], row["box"], str(where or row["house_id"])) | {"who": who})
    return out


def _found(store: Store, viewer: Viewer, layer: Layer, wanted: str, limit: int) -> list[Row]:
    table = TABLES[layer.table]
    key = table.key[0]
    names = {column.name for column in table.columns}
    sure = _without_case(wanted)
    holds = _HOLDS if sure == wanted else _HOLDS_FOLDED
    where = " OR ".join(holds.format(column=f"o.{column.name}") for column in table.columns if _searched(column, key, wanted, viewer))
    shown = [name for name in TITLES if name in names] or [key]
    rows = store.rows(
        f"""SELECT o.{key} AS __key, o.ordinal, {", ".join(f"o.{name}" for name in shown)}, [o.west, o.south, o.east, o.north] AS __box
        FROM {layer.table} o WHERE {where} ORDER BY length(o.{key}), o.{key} LIMIT $limit""",
        sure=sure, limit=limit, **({} if sure == wanted else {"text": wanted}),
    )  # fmt: skip
    out = []
    for row in rows:
        values = policy.release_one(layer.table, {name: row[name] for name in shown}, viewer)
        out.append(_hit(layer, row["__key"], row["ordinal"], row["__box"], title_of(layer, values, row["__key"])))
    return out


def _without_case(wanted: str) -> str:
    """The longest part of the text that has no letters of two cases: whatever holds the text holds this part as it stands."""
    parts = "".join(letter if letter.lower() == letter.upper() else "\n" for letter in wanted).split("\n")
    return max(parts, key=len)


def _searched(column: Column, key: str, wanted: str, viewer: Viewer) -> bool:
    if column.name not in (key, "name", "address") or policy.search_by(column, viewer) != "part":
        return False
    return policy.sees_in_clear(column, viewer) or len(wanted) >= ADDRESS_FROM


def _hit(layer: Layer, key: str, ordinal: int | None, box: list[float], title: str) -> Row:
    """`zh` and `en` say what it is, `who` whose house it is where a person was meant."""
    return {
        "table": layer.table, "layer": layer.name, "key": key, "ordinal": ordinal, "title": title, "who": None, "zh": layer.zh, "en": layer.en, "box": box,
    }  # fmt: skip

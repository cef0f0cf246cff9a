"""Facts that cannot both be true: what one register says against another. Each kind is one query; its text names no person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from data.codes import land_classes
from data.schema import TABLES
from data.store.duck import text
from data.store.lake import has_table
from etl.core.assemble import Plan
from layers.core.registry import targets_by_hand
from layers.core.spec import Layer


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of contradiction. `select` gives key, other_key, area_code and a number `n` for the detail, once a finding.

    `zh` and `en` are the detail, `{n}` in them is the number.
    """

    name: str
    table: str
    other: str
    zh: str
    en: str
    select: str


def _land(*groups: str) -> str:
    """SQL condition on a parcel `p`: its class belongs to one of the first-level groups of the third survey, or to OSM's like."""
    codes = ", ".join(text(land.code) for land in land_classes() if land.group[:2] in groups)
    osm = ", ".join(text(word) for group in groups for word in _OSM.get(group, ()))
    return f"(p.scheme = 'sandiao' AND p.class_code IN ({codes}) OR p.scheme = 'osm' AND p.class_code IN ({osm or 'NULL'}))"


_OSM = {"03": ("forest", "wood"), "11": ("basin", "reservoir", "water")}
_HOUSES = "SELECT h.house_id AS key, NULL AS other_key, h.area_code, {n} AS n FROM house h"
_RENTALS = "SELECT t.house_id AS key, t.house_id AS other_key, h.area_code, {n} AS n FROM rental t JOIN house h USING (house_id)"
_RESIDENTS = "(SELECT house_id, count(*) AS n FROM person GROUP BY house_id) r USING (house_id)"
_MIGRANTS = "(SELECT house_id, count(*) AS n FROM person WHERE category = 'migrant' GROUP BY house_id) r USING (house_id)"
_RENTING = (
    "(SELECT house_id, count(*) AS n FROM person WHERE category = 'migrant' AND dwelling_type = '02' GROUP BY house_id) r USING (house_id)"
)


def kinds() -> tuple[Kind, ...]:
    """All kinds that are found by one query over the finished town."""
    return (*_of_houses(), *_of_rentals(), *_of_registers())


def _of_houses() -> tuple[Kind, ...]:
    return (
        Kind(
            "resident_in_vacant_house", "house", "person", "登记为空置，却有{n}人居住", "Recorded as vacant, yet {n} people live here",
            f"{_HOUSES.format(n='r.n')} JOIN {_RESIDENTS} WHERE h.occupancy = 'vacant'",
        ),
        Kind(
            "tenant_in_own_use_house", "house", "person",
            "登记为自住，却有{n}名流动人口租住", "Recorded as owner-occupied, yet {n} migrants rent here",
            f"{_HOUSES.format(n='r.n')} JOIN {_RENTING} WHERE h.occupancy = 'own'",
        ),
        Kind("house_on_forest_land", "house", "parcel", "房屋位于林地图斑上", "The house stands on forest land", _house_on(_land("03"))),
        Kind("house_on_water", "house", "parcel", "房屋位于水域图斑上", "The house stands on water", _house_on(_land("11"))),
        Kind(
            "house_on_basic_farmland", "house", "parcel", "房屋位于永久基本农田上", "The house stands on permanent basic farmland",
            _house_on("p.basic_farmland"),
        ),
    )  # fmt: skip


def _of_rentals() -> tuple[Kind, ...]:
    return (
        Kind(
            "let_house_without_tenants", "rental", "house",
            "在册出租房，既无流动人口登记，也无承租人", "Registered as let, but no migrant and no tenant is recorded",
            f"""{_RENTALS.format(n=0)} LEFT JOIN {_MIGRANTS}
            WHERE r.n IS NULL AND coalesce(len(t.tenants), 0) = 0 AND h.occupancy <> 'vacant'""",
        ),
        Kind(
            "let_house_without_register", "house", "rental",
            "房屋用途为出租，出租台账中却没有", "Recorded as let, but missing from the rental register",
            f"{_HOUSES.format(n=0)} ANTI JOIN rental USING (house_id) WHERE h.occupancy IN ('let', 'part_let') AND EXISTS (FROM rental)",
        ),
        Kind(
            "rental_of_own_use_house", "rental", "house",
            "在出租台账中，房屋用途却为自住", "In the rental register, yet recorded as owner-occupied",
            f"{_RENTALS.format(n=0)} WHERE h.occupancy = 'own'",
        ),
        Kind(
            "occupants_over_limit", "rental", "house", "流动人口超过限住人数{n}人", "{n} migrants more than the occupant limit",
            f"{_RENTALS.format(n='r.n - t.max_occupants')} JOIN {_MIGRANTS} WHERE t.max_occupants > 0 AND r.n > t.max_occupants",
        ),
    )  # fmt: skip


def _of_registers() -> tuple[Kind, ...]:
    missing = ("案件所指对象不存在", "The object of the case does not exist")
    return (
        Kind("person_in_two_registers", "person", "person", "同一证件在{n}处登记", "The same document is registered {n} times", _TWICE),
        *(Kind("case_on_missing_object", "casework", name, *missing, _missing(name)) for name in _CASE_OBJECTS),
    )


def _house_on(land: str) -> str:
    found = "SELECT h.house_id AS key, p.parcel_id AS other_key, h.area_code, 0 AS n"
    return f"{found} FROM house h JOIN parcel p USING (parcel_id) WHERE {land}"


_CASE_OBJECTS = ("house", "parcel", "stand", "facility", "area")
# Either two datasets gave one key, or two keys carry one document number; the number itself never leaves the register.
# Hashes find the few candidates: to group all people by texts costs three times as much.
_NUMBERED = "SELECT hash(id_type, id_number) AS h FROM person WHERE id_number IS NOT NULL GROUP BY h HAVING count(*) > 1"
_TWICE = f"""
    SELECT person_id AS key, NULL AS other_key, any_value(p.area_code) AS area_code, count(*) + 1 AS n
    FROM every_shadow_person JOIN person p USING (person_id) GROUP BY person_id
    UNION ALL
    SELECT min(person_id), max(person_id), any_value(area_code), count(*) FROM person
    WHERE id_number IS NOT NULL AND hash(id_type, id_number) IN ({_NUMBERED})
    GROUP BY id_type, id_number HAVING count(*) > 1"""


def _missing(table: str) -> str:
    return f"""SELECT case_id AS key, object_id AS other_key, NULL AS area_code, 0 AS n FROM casework
        WHERE object_table = '{table}' AND object_id NOT IN (SELECT {TABLES[table].key[0]} FROM {table})"""


def find_contradictions(connection: duckdb.DuckDBPyConnection, plan: Plan, layers: Iterable[Layer] = ()) -> None:
    """Fill `next.contradiction` from the town as it will be, whoever delivered what and when; levels set by hand are those of `layers`."""
    _gather_shadows(connection, plan)
    for kind in kinds():
        connection.execute(f"""
            INSERT INTO next.contradiction
            SELECT {text(kind.name)}, {text(kind.table)}, key, {text(kind.other)}, other_key, area_code,
                   replace({text(kind.zh)}, '{{n}}', n::VARCHAR), replace({text(kind.en)}, '{{n}}', n::VARCHAR)
            FROM ({kind.select})""")
    _disagreeing_areas(connection, plan)
    _levels_by_hand(connection, targets_by_hand(layers))


def _gather_shadows(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """`every_shadow_person`: rows that lost their key to another register, of this run or as the lake has them."""
    rows = "SELECT NULL::VARCHAR AS person_id, NULL::VARCHAR AS area_code LIMIT 0"
    if "person" in plan.touched:
        rows = "SELECT person_id, area_code FROM main.shadow_person"
    elif has_table(connection, "shadow_person"):
        rows = "SELECT person_id, area_code FROM lake.shadow_person"
    connection.execute(f"CREATE VIEW main.every_shadow_person AS {rows}")


def _disagreeing_areas(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Objects whose sender names an area in which they do not lie. For tables that this run leaves alone, as found before."""
    places = [name for name, table in TABLES.items() if table.geometry and any(column.name == "area_code" for column in table.all_columns)]
    touched = [name for name in places if name in plan.touched]
    for name in touched:
        connection.execute(f"""
            INSERT INTO next.contradiction
            SELECT 'area_disagrees', {text(name)}, key, 'area', placed, area_code, '登记的网格与位置所在网格不一致',
                   'The area given differs from the one in which the object lies'
            FROM main.area_of_{name} a WHERE told IS NOT NULL AND placed IS NOT NULL AND area_code = told AND placed <> told""")
    if has_table(connection, "contradiction"):
        connection.execute(
            "INSERT INTO next.contradiction FROM lake.contradiction WHERE kind = 'area_disagrees' AND NOT list_contains(?, table_name)",
            [touched],
        )
        for name in (name for name in touched if name in plan.steady):
            key = TABLES[name].key[0]
            connection.execute(f"""
                INSERT INTO next.contradiction FROM lake.contradiction WHERE kind = 'area_disagrees' AND table_name = {text(name)}
                AND key NOT IN (SELECT {key} FROM main.relinked_{name}) AND key NOT IN (SELECT {key} FROM main.gone_{name})""")


def _levels_by_hand(connection: duckdb.DuckDBPyConnection, targets: Mapping[str, str]) -> None:
    """Levels set by hand on a layer or on an object that does not exist: nothing comes of them, and somebody waits for it."""
    known = ", ".join(map(text, targets)) or "NULL"
    found = [
        (
            "override_of_unknown_layer",
            "layer",
            f"lower(layer) NOT IN ({known})",
            "人工设定所指图层不存在",
            "The layer whose level is set by hand does not exist",
        )
    ]
    for table in sorted(set(targets.values())):
        names = ", ".join(text(name) for name, of in targets.items() if of == table)
        gone = f"lower(layer) IN ({names}) AND object_id NOT IN (SELECT {TABLES[table].key[0]} FROM {table})"
        found.append(
            ("override_on_missing_object", table, gone, "人工设定所指对象不存在", "The object whose level is set by hand does not exist")
        )
    for kind, other, where, zh, en in found:
        connection.execute(f"""
            INSERT INTO next.contradiction SELECT {text(kind)}, 'override', object_id, {text(other)}, layer, NULL, {text(zh)}, {text(en)}
            FROM override WHERE {where}""")


def counts_by_village(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Number of unlinked and contradictory objects in each area of level 1, under the kind or reason; "" where the area is unknown."""
    rows = connection.execute("""
        SELECT coalesce(v.name, ''), what, count(*)::BIGINT FROM (
            SELECT kind AS what, area_code FROM contradiction UNION ALL SELECT table_name || '_' || reason, area_code FROM unlinked) f
        LEFT JOIN (
            SELECT c.area_code, a.name FROM main.closure c JOIN area a ON a.code = c.ancestor_code WHERE a.level = 1) v USING (area_code)
        GROUP BY ALL ORDER BY ALL""").fetchall()
    villages: dict[str, dict[str, int]] = {}
    for village, what, count in rows:
        villages.setdefault(village, {})[what] = count
    return villages

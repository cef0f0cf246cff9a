"""Who belongs where: object → area, house → parcel, person → room → house. What cannot be linked is listed in `unlinked`."""

from __future__ import annotations

import duckdb

from data.schema import TABLES, Table
from data.store.duck import identifier, text
from data.store.lake import REPORTS, definition, lake_columns
from etl.core.areas import build_areas, build_closure
from etl.core.assemble import Plan, stage_affected_people
from etl.core.shown import shows, unchanged
from etl.core.town_file import Town

# Parcels before houses, houses and rooms before people.
ORDER = ("area", "parcel", "house", "room", "rental", "person")


def link(connection: duckdb.DuckDBPyConnection, plan: Plan, town: Town) -> None:
    """Turn every `stage_<table>` into `next.<table>` with its link columns filled; fills `next.unlinked`."""
    for name in ("unlinked", "contradiction", "coverage_qa"):
        connection.execute(definition(f"next.{name}", REPORTS[name]))
    if "area" in plan.touched:
        build_areas(connection, town)
    else:
        connection.execute("INSERT INTO next.unlinked FROM lake.unlinked WHERE table_name = 'area'")
    build_closure(connection)
    for name in (*ORDER[1:], *(name for name in TABLES if name not in ORDER)):
        if name in plan.partial:
            stage_affected_people(connection, plan)
        if name in plan.partial or name in plan.steady:
            _link_table(connection, TABLES[name], f"main.relinked_{name}")
            _complete(connection, TABLES[name], gone=name in plan.steady)
        elif name in plan.touched:
            _link_table(connection, TABLES[name], f"next.{name}")
    _report_unlinked(connection)


def _complete(connection: duckdb.DuckDBPyConnection, table: Table, *, gone: bool) -> None:
    """`next.<table>`: the rows with new links, and the others, but those that are gone, as they were."""
    source, columns = unchanged(connection, table)
    relinked, keys = f"main.relinked_{table.name}", ", ".join(table.key)
    left = f"ANTI JOIN main.gone_{table.name} USING ({keys})" if gone else ""
    # Few rows against many: the view costs each of a dozen questions less than the table would cost to write.
    connection.execute(f"""
        CREATE {"VIEW" if shows(connection, table.name) else "TABLE"} next.{table.name} AS SELECT {columns} FROM {relinked}
        UNION ALL SELECT {columns} FROM {source} ANTI JOIN {relinked} USING ({keys}) {left}""")


def _link_table(connection: duckdb.DuckDBPyConnection, table: Table, target: str) -> None:
    """`target` from `stage_<table>`, with its link columns filled."""
    joins: list[str] = []
    found: dict[str, str] = {}
    if table.geometry and _has(table, "area_code"):
        find_areas(connection, table)
        joins.append(f"LEFT JOIN main.area_of_{table.name} a ON a.key = s.{table.key[0]}")
        found["area_code"] = "a.area_code"
    if table.name == "house":
        find_parcels(connection)
        joins.append("LEFT JOIN main.parcel_of_house p ON p.key = s.house_id")
        found |= {"parcel_id": "coalesce(s.parcel_id, p.parcel_id)", "footprint_m2": "ST_Area(s.geom)"}
    if table.name == "person":
        joins += _homes(connection)
        found |= {
            "house_id": "coalesce(h.house_id, s.house_id)", "room_id": "r.room_id",
            "area_code": "coalesce(h.area_code, CASE WHEN s.area_code IN (SELECT code FROM area) THEN s.area_code END)",
        }  # fmt: skip
    columns = ", ".join(f"{found.get(name, f's.{identifier(name)}')} AS {identifier(name)}" for name, _ in lake_columns(table))
    connection.execute(f"CREATE TABLE {target} AS SELECT {columns} FROM main.stage_{table.name} s {' '.join(joins)}")


def find_areas(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """`area_of_<table>(key, area_code, placed, told)` and `point_<table>(key, told, point)`, the points on surface of `stage_<table>`.

    `placed` is the deepest area that holds the point; on a border the smallest code wins, so that every run says the same.
    A code that the sender gave stands, refined to `placed` where that lies inside it: a house may belong to a team over the line.
    """
    points, placed = f"main.point_{table.name}", f"main.within_{table.name}"
    connection.execute(f"""
        CREATE TABLE {points} AS SELECT {table.key[0]} AS key, area_code AS told, ST_PointOnSurface(geom) AS point
        FROM main.stage_{table.name} WHERE geom IS NOT NULL""")
    connection.execute(f"CREATE TABLE {placed} (key VARCHAR, area_code VARCHAR)")
    for (level,) in connection.execute("SELECT DISTINCT level FROM area ORDER BY level DESC").fetchall():
        connection.execute(f"""
            INSERT INTO {placed} SELECT p.key, min(a.code)
            FROM (FROM {points} ANTI JOIN {placed} USING (key)) p
            JOIN (SELECT code, geom FROM area WHERE level = {int(level)}) a ON ST_Intersects(a.geom, p.point) GROUP BY ALL""")
    connection.execute(f"""
        CREATE TABLE main.area_of_{table.name} AS
        SELECT s.{table.key[0]} AS key, p.area_code AS placed, told.code AS told, s.area_code IS NOT NULL AND told.code IS NULL AS unknown,
               CASE WHEN told.code IS NULL OR c.area_code IS NOT NULL THEN p.area_code ELSE told.code END AS area_code
        FROM main.stage_{table.name} s LEFT JOIN {placed} p ON p.key = s.{table.key[0]} LEFT JOIN area told ON told.code = s.area_code
        LEFT JOIN main.closure c ON c.area_code = p.area_code AND c.ancestor_code = told.code""")
    connection.execute(f"DROP TABLE {placed}")


def find_parcels(connection: duckdb.DuckDBPyConnection) -> None:
    """`parcel_of_house(key, parcel_id)` of the points that `find_areas` has left: where parcels overlap, the smallest id."""
    connection.execute("""
        CREATE TABLE main.parcel_of_house AS SELECT h.key, min(p.parcel_id) AS parcel_id
        FROM main.point_house h JOIN (SELECT parcel_id, geom FROM parcel) p ON ST_Intersects(p.geom, h.point) GROUP BY ALL""")


# An address as both registers may write it: without blanks, punctuation and case, and without the flat ("…12号301室" → "…12号").
ADDRESS = r"regexp_replace(lower({0}), '[\s,，.。、;；:：()（）\-—_#]+', '', 'g')"
HOUSE_ADDRESS = r"regexp_replace(" + ADDRESS + r", '号(?:[0-9a-z]+(?:幢|栋|单元|楼))?[0-9a-z]+室?$', '号')"
ROOM = r"regexp_replace(lower({0}), '[\s#室号]+', '', 'g')"


def _homes(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Joins that give a person `s` the house `h`, by number or else by an address that one house alone has, and the room `r`."""
    connection.execute(f"""
        CREATE TABLE main.house_at AS SELECT address, any_value(house_id) AS house_id
        FROM (SELECT house_id, {ADDRESS.format("address")} AS address FROM house WHERE address IS NOT NULL)
        WHERE length(address) > 3 GROUP BY address HAVING count(*) = 1""")
    connection.execute(f"""
        CREATE TABLE main.room_at AS SELECT house_id, {ROOM.format("room_no")} AS room_no, min(room_id) AS room_id
        FROM room WHERE room_no IS NOT NULL GROUP BY ALL""")
    connection.execute(f"""
        CREATE TABLE main.home_by_address AS
        SELECT s.person_id, coalesce(whole.house_id, part.house_id) AS house_id FROM (
            SELECT person_id, {ADDRESS.format("address")} AS address, {HOUSE_ADDRESS.format("address")} AS short
            FROM main.stage_person WHERE address IS NOT NULL AND (house_id IS NULL OR house_id NOT IN (SELECT house_id FROM house))) s
        LEFT JOIN main.house_at whole ON whole.address = s.address LEFT JOIN main.house_at part ON part.address = s.short
        WHERE coalesce(whole.house_id, part.house_id) IS NOT NULL""")
    return (
        "LEFT JOIN main.home_by_address b ON b.person_id = s.person_id",
        "LEFT JOIN (SELECT house_id, area_code FROM house) h ON h.house_id = coalesce(b.house_id, s.house_id)",
        f"LEFT JOIN main.room_at r ON r.house_id = h.house_id AND r.room_no = {ROOM.format('s.room_no')}",
    )


def _report_unlinked(connection: duckdb.DuckDBPyConnection) -> None:
    """Every row that hangs on nothing, with the reason; from the town as it will be, whoever delivered the row and when."""
    for table in TABLES.values():
        if table.geometry and any(column.name == "area_code" for column in table.links):
            _unlinked(connection, table.name, table.key[0], "outside_areas", "area_code IS NULL", "NULL")
    missing_house = "NOT EXISTS (FROM house h WHERE h.house_id = t.house_id)"
    _unlinked(connection, "person", "person_id", "no_house", "t.house_id IS NULL", "t.area_code")
    _unlinked(connection, "person", "person_id", "house_unknown", f"t.house_id IS NOT NULL AND {missing_house}", "t.area_code")
    missing_room = f"t.room_id IS NULL AND t.room_no IS NOT NULL AND NOT ({missing_house}) AND t.house_id IN (SELECT house_id FROM room)"
    _unlinked(connection, "person", "person_id", "room_unknown", missing_room, "t.area_code")
    let = "t.house_id IN (SELECT house_id FROM rental UNION ALL SELECT house_id FROM house WHERE occupancy IN ('let', 'part_let'))"
    nowhere = f"t.room_id IS NULL AND t.room_no IS NULL AND NOT ({missing_house}) AND {let} AND t.house_id IN (SELECT house_id FROM room)"
    _unlinked(connection, "person", "person_id", "no_room", nowhere, "t.area_code")
    for name, key in (("room", "room_id"), ("rental", "house_id")):
        _unlinked(connection, name, key, "house_unknown", missing_house, "NULL")
    missing_area = "t.area_code IS NOT NULL AND t.area_code NOT IN (SELECT code FROM area)"
    for name in ("population_cell", "organisation", "service", "responder"):
        _unlinked(connection, name, TABLES[name].key[0], "area_unknown", missing_area, "NULL")


def _unlinked(connection: duckdb.DuckDBPyConnection, table: str, key: str, reason: str, where: str, area: str) -> None:
    connection.execute(f"INSERT INTO next.unlinked SELECT {text(table)}, t.{key}, {text(reason)}, {area} FROM {table} t WHERE {where}")


def _has(table: Table, column: str) -> bool:
    return any(other.name == column for other in table.all_columns)

"""A small town in a real DuckDB: contract tables from the schema, rows as a test needs them."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from data.schema import TABLES
from data.store import lake
from data.store.duck import connect
from layers.core.colour import paint
from layers.core.query import Store
from layers.core.registry import load_layers
from layers.core.spec import Layer

AS_OF = date(2026, 11, 22)
FRESH = AS_OF - timedelta(days=10)
LAYERS = load_layers()
FACTS = {"code": "T", "timezone": "Asia/Shanghai"}


@dataclass(frozen=True)
class Town:
    """`add` rows, `paint`, then look at the painted tables or ask the `store`."""

    con: duckdb.DuckDBPyConnection

    def add(self, table: str, **values: Any) -> None:
        names = ", ".join(f'"{name}"' for name in values)
        self.con.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' for _ in values)})", list(values.values()))

    def add_square(self, table: str, west: float, south: float, size: float, **values: Any) -> None:
        """A row with a square in metres; lon/lat are a plausible place nearby."""
        self.add(table, **values)
        key = TABLES[table].key[0]
        lon, lat = 121.7 + west / 1e5, 31.2 + south / 1e5
        self.con.execute(
            f"""UPDATE {table} SET geom = ST_MakeEnvelope({west}, {south}, {west + size}, {south + size}),
                west = {lon}, south = {lat}, east = {lon + size / 1e5}, north = {lat + size / 1e5} WHERE {key} = ?""",
            [values[key]],
        )

    def paint(self, *only: str, as_of: date = AS_OF, layers: tuple[Layer, ...] = LAYERS) -> str:
        """Paint all layers, or `only` the named ones."""
        version = paint(self.con, [layer for layer in layers if not only or layer.name in only], as_of, FACTS)
        self.con.execute("CREATE OR REPLACE TABLE town (key VARCHAR, value VARCHAR)")
        for key, value in {"as_of": as_of.isoformat(), "name": {"zh": "示范镇", "en": "Model Town"}, "rule_version": version}.items():
            self.add("town", key=key, value=json.dumps(value))
        return version

    def number(self) -> None:
        """Ordinals as publish gives them."""
        for table in TABLES.values():
            if table.geometry:
                key = table.key[0]
                numbered = f"SELECT {key} AS k, row_number() OVER (ORDER BY {key}) - 1 AS n FROM {table.name}"
                self.con.execute(f"UPDATE {table.name} SET ordinal = r.n FROM ({numbered}) r WHERE r.k = {key}")

    def colour(self, layer: str, key: str) -> tuple[int, list[str]]:
        row = self.con.execute("SELECT level, reasons FROM receipt WHERE layer = ? AND object_id = ?", [layer, key]).fetchone()
        assert row is not None, f"{layer} has no receipt for {key}"
        return row[0], row[1]

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def store(self, layers: tuple[Layer, ...] = LAYERS) -> Store:
        return Store(self.con, layers)


def empty_town() -> Town:
    con = connect(extensions=("spatial",), threads=2)
    for name, table in TABLES.items():
        con.execute(lake.definition(name, lake.columns_of(table)))
        if table.geometry:
            con.execute(f"ALTER TABLE {name} ADD COLUMN ordinal BIGINT")
    for name, columns in lake.REPORTS.items():
        if name not in {"receipt", "town"}:
            con.execute(lake.definition(name, columns))
    return Town(con)


def with_areas(town: Town) -> Town:
    """Town T; villages V1 (micro-grid G1 with teams D1, D2) and V2 (team D3)."""
    tree = [("T", None, 0, "town", 0, 0, 4000), ("V1", "T", 1, "village", 0, 0, 2000), ("V2", "T", 1, "committee", 2000, 0, 2000)]
    tree += [("G1", "V1", 2, "micro_grid", 0, 0, 2000), ("D1", "G1", 3, "team", 0, 0, 1000), ("D2", "G1", 3, "team", 1000, 0, 1000)]
    tree += [("D3", "V2", 2, "team", 2000, 0, 2000)]
    for code, parent, level, kind, west, south, size in tree:
        town.add_square(
            "area",
            west,
            south,
            size,
            code=code,
            name=f"区{code}",
            parent_code=parent,
            level=level,
            kind=kind,
            chief="张建明",
            chief_phone="13812345678",
        )
    return town


def add_house(town: Town, key: str, **values: Any) -> None:
    """A house of team D1, freshly verified unless told otherwise."""
    town.add_square(
        "house",
        10,
        10,
        10,
        **({"house_id": key, "area_code": "D1", "verified_on": FRESH, "source": "houses", "delivered_at": FRESH} | values),
    )


def add_person(town: Town, key: str, **values: Any) -> None:
    """A registered person of house H1 in team D1, freshly verified unless told otherwise."""
    usual = {
        "person_id": key,
        "name": "王小明",
        "id_number": "990115195003010018",
        "category": "registered",
        "house_id": "H1",
        "area_code": "D1",
        "verified_on": FRESH,
    }
    town.add("person", **(usual | values))

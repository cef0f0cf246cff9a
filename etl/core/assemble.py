"""The town as it will be after the run: delivered rows beside those that other datasets delivered earlier.

Schema `next` of the scratch database gets every table of the contract. A table that this run does not touch is a view of the lake;
one that it touches starts as `stage_<table>` in schema `main`, which linking turns into the final table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from data.schema import TABLES, Table
from data.store.duck import identifier, text
from data.store.lake import ROW_HASH, columns_of, definition, has_table, lake_columns, lake_tables, table_sizes
from etl.core.shown import shows, unchanged
from etl.core.version import code_version

COPIED_ROWS = 1_000_000
MADE = "@town"  # source of rows that no dataset delivered: the town's own area

# Tables whose change makes the links of another table stale.
UPSTREAM: Mapping[str, tuple[str, ...]] = {
    "area": (), "parcel": ("area",), "lot": ("area",), "zone": ("area",), "stand": ("area",), "facility": ("area",), "responder": ("area",),
    "house": ("area", "parcel"), "person": ("area", "house", "room"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """A checked dataset: scratch table `relation` holds its rows, with geometry columns where the contract table has them."""

    name: str
    relation: str
    links: tuple[str, ...] = ()  # link columns that the sender filled


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run touches: delivered datasets by contract table, and the tables whose links must be found anew.

    `steady` are delivered tables whose rows keep the links that they have, unless they have changed themselves: `assemble` finds them.
    """

    delivered: Mapping[str, tuple[Placed, ...]]
    delivered_at: date
    relinked: frozenset[str]
    steady: frozenset[str] = frozenset()

    @property
    def touched(self) -> tuple[str, ...]:
        """Tables that get a new version, in the order of the contract."""
        return tuple(name for name in TABLES if name in self.delivered or name in self.relinked)

    @property
    def partial(self) -> frozenset[str]:
        """Touched tables of which only some rows need new links: nobody delivered people, and only the houses of some have changed."""
        stays = "person" in self.relinked and "person" not in self.delivered and "area" not in self.delivered
        return frozenset({"person"}) if stays else frozenset()


def make_plan(delivered: Mapping[str, tuple[Placed, ...]], delivered_at: date) -> Plan:
    """The plan for the delivered datasets: links are stale wherever a table upstream is delivered or itself relinked."""
    relinked: set[str] = set()
    for name, upstream in UPSTREAM.items():
        if any(other in delivered for other in upstream):
            relinked.add(name)
    return Plan(delivered, delivered_at, frozenset(relinked))


def assemble(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Plan:
    """Create `stage_<table>` for every touched table and a view or a table in `next` for the others; the plan with its steady tables."""
    known = table_sizes(connection)
    steady: set[str] = set()
    for name, table in TABLES.items():
        if name in plan.partial:
            continue  # linking stages it, once the houses are known
        if name in plan.touched:
            if _stage_changed(connection, table, plan, known):
                steady.add(name)
            else:
                _stage(connection, table, plan, known)
        elif name in known:
            _mirror(connection, table, known[name])
        else:
            connection.execute(definition(f"next.{name}", lake_columns(table)))
    return replace(plan, steady=frozenset(steady))


def mirror_load(connection: duckdb.DuckDBPyConnection, snapshot: int) -> None:
    """`next` as the load `snapshot`, the newest, left it, without what painting makes: what an interrupted publish needs.

    Tables and columns that the contract has gained since are empty.
    """
    known: dict[str, set[str]] = {}
    for name, column in connection.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'lake'").fetchall():
        known.setdefault(name, set()).add(column)
    for name, columns in lake_tables().items():
        if name in ("receipt", "town"):
            continue
        if name not in known:
            connection.execute(definition(f"next.{name}", columns))
            continue
        listed = ", ".join(
            identifier(column) if column in known[name] else f"NULL::{kind} AS {identifier(column)}" for column, kind in columns
        )
        connection.execute(f"CREATE TABLE next.{name} AS SELECT {listed} FROM lake.{name} AT (VERSION => {snapshot})")


def _mirror(connection: duckdb.DuckDBPyConnection, table: Table, rows: int) -> None:
    """An untouched table: as the file on show has it; or else copied, since dozens of questions follow and each costs some 20 ms in the
    lake; a very large one stays there."""
    source, columns = unchanged(connection, table)
    if rows == 0:
        connection.execute(definition(f"next.{table.name}", lake_columns(table)))
        return
    kind = "TABLE" if rows <= COPIED_ROWS and not shows(connection, table.name) else "VIEW"
    connection.execute(f"CREATE {kind} next.{table.name} AS SELECT {columns} FROM {source}")


def _stage_changed(connection: duckdb.DuckDBPyConnection, table: Table, plan: Plan, known: Mapping[str, int]) -> bool:
    """`stage_<table>` with the delivered rows that the lake has not just so, and `gone_<table>` with the keys that came no more.

    False, and nothing made, where all rows need links: something upstream has changed, or the code, or several datasets hold a key.
    """
    name, datasets = table.name, plan.delivered.get(table.name, ())
    if name == "area" or name in plan.relinked or name not in known or f"shadow_{name}" in known or _linked_by_other_code(connection, name):
        return False
    stage, keys = f"main.stage_{name}", ", ".join(map(identifier, table.key))
    parts = [f"{_delivered_rows(connection, table, one, plan, True)} WHERE o.{identifier(table.key[0])} IS NULL" for one in datasets]
    connection.execute(f"CREATE TABLE {stage} AS {' UNION ALL '.join(parts)}")
    shared = f"""SELECT 1 FROM {stage} s JOIN lake.{name} o USING ({keys}) WHERE s.source <> o.source
        UNION ALL SELECT 1 FROM (SELECT {keys} FROM {stage} GROUP BY ALL HAVING count(*) > 1) LIMIT 1"""
    if connection.execute(shared).fetchone() is not None:
        connection.execute(f"DROP TABLE {stage}")
        return False
    delivered = " UNION ALL ".join(f"SELECT {keys} FROM {one.relation}" for one in datasets)
    connection.execute(f"""
        CREATE TABLE main.gone_{name} AS SELECT {_with_source(table)} FROM lake.{name} ANTI JOIN ({delivered}) n USING ({keys})
        WHERE source IN ({", ".join(text(one.name) for one in datasets)})""")
    connection.execute(definition(f"main.shadow_{name}", lake_columns(table)))
    return True


def _linked_by_other_code(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = connection.execute("SELECT DISTINCT code_version FROM lake.dataset WHERE table_name = ?", [name]).fetchall()
    return any(version != code_version() for (version,) in found)


def _with_source(table: Table) -> str:
    return ", ".join(dict.fromkeys((*map(identifier, table.key), "source")))


def _stage(connection: duckdb.DuckDBPyConnection, table: Table, plan: Plan, known: Mapping[str, int]) -> None:
    """`stage_<table>`: all rows in lake columns; link columns hold what the sender gave, and are empty where linking has to find them.

    A view where it can be, so that millions of rows are written once, by linking. Areas are worked on in place.
    """
    datasets = plan.delivered.get(table.name, ())
    # A relation without rows first, so that the columns and their types are the lake's whatever follows.
    empty = ", ".join(f"NULL::{kind} AS {identifier(column)}" for column, kind in lake_columns(table))
    parts = [_delivered_rows(connection, table, dataset, plan, table.name in known) for dataset in datasets]
    earlier = [name for name in (table.name, f"shadow_{table.name}") if name in known]
    parts += [_earlier_rows(connection, table, name, datasets) for name in earlier]
    rows = " UNION ALL BY NAME ".join([f"SELECT {empty} WHERE FALSE", *parts])
    connection.execute(f"CREATE {'TABLE' if table.name == 'area' else 'VIEW'} main.stage_{table.name} AS {rows}")
    if len(parts) > 1:
        _overshadow(connection, table)
    else:
        connection.execute(definition(f"main.shadow_{table.name}", lake_columns(table)))


def stage_affected_people(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """`stage_person` with the people whose house or room has changed, and with all who have had none so far."""
    table = TABLES["person"]
    homes = [_changed_homes(name, plan) for name in ("house", "room") if name in plan.touched]
    connection.execute(f"CREATE TABLE main.changed_home AS {' UNION '.join(homes)}")
    affected = "house_id IS NULL OR house_id IN (FROM main.changed_home) OR house_id NOT IN (SELECT house_id FROM next.house)"
    rows = _earlier_rows(connection, table, "person", ())
    connection.execute(f"CREATE TABLE main.stage_person AS SELECT * FROM ({rows}) WHERE {affected}")
    shadows = "lake.shadow_person" if has_table(connection, "shadow_person") else "(FROM main.stage_person LIMIT 0)"
    connection.execute(f"CREATE TABLE main.shadow_person AS FROM {shadows}")


def _changed_homes(name: str, plan: Plan) -> str:
    """SELECT of the houses that have changed, or one of whose rooms has."""
    if name in plan.steady:
        key = TABLES[name].key[0]
        touched = f"SELECT {key} FROM main.relinked_{name} UNION SELECT {key} FROM main.gone_{name}"
        return f"SELECT house_id FROM main.relinked_{name} UNION SELECT house_id FROM lake.{name} SEMI JOIN ({touched}) USING ({key})"
    if name == "house":
        return """SELECT coalesce(n.house_id, o.house_id) AS house_id FROM next.house n FULL JOIN lake.house o USING (house_id)
            WHERE n.row_hash IS DISTINCT FROM o.row_hash OR n.area_code IS DISTINCT FROM o.area_code"""
    # A room that has moved touches the house that it left, and the one that it came to.
    return """SELECT unnest([n.house_id, o.house_id]) AS house_id FROM next.room n FULL JOIN lake.room o USING (room_id)
        WHERE n.house_id IS DISTINCT FROM o.house_id OR n.room_no IS DISTINCT FROM o.room_no"""


def _delivered_rows(connection: duckdb.DuckDBPyConnection, table: Table, dataset: Placed, plan: Plan, in_lake: bool) -> str:
    """SELECT of a dataset's rows in lake columns. A row that the lake has just so keeps its day of delivery.

    The hash covers what was delivered and not what linking adds, so that a house does not look changed when its area was.
    """
    present = {name for name, *_ in connection.execute(f"DESCRIBE {dataset.relation}").fetchall()}
    hashed = [identifier(column) for column, _ in columns_of(table) if column in present and column not in (*_LINEAGE, *_DERIVED)]
    values = {column: f"d.{identifier(column)}::{kind}" if column in present else f"NULL::{kind}" for column, kind in columns_of(table)}
    values |= {"source": text(dataset.name), "delivered_at": f"DATE '{plan.delivered_at}'", ROW_HASH: f"d.{ROW_HASH}"}
    rows = f"(SELECT *, hash({', '.join(hashed)}) AS {ROW_HASH} FROM {dataset.relation}) d"
    if in_lake:
        values["delivered_at"] = f"coalesce(o.delivered_at, {values['delivered_at']})"
        same = " AND ".join(f"o.{key} = d.{key}" for key in table.key)
        rows += f" LEFT JOIN lake.{table.name} o ON {same} AND o.{ROW_HASH} = d.{ROW_HASH} AND o.source = {text(dataset.name)}"
    return f"SELECT {', '.join(f'{value} AS {identifier(column)}' for column, value in values.items())} FROM {rows}"


_LINEAGE = ("source", "delivered_at")
_DERIVED = ("lonlat", "west", "south", "east", "north")


def _earlier_rows(connection: duckdb.DuckDBPyConnection, table: Table, relation: str, datasets: Sequence[Placed]) -> str:
    """SELECT of the rows that other datasets delivered earlier. Found links are emptied, those that the sender gave are kept."""
    values = {column: identifier(column) for column, _ in lake_columns(table)}
    senders = connection.execute("SELECT name, links FROM lake.dataset WHERE table_name = ?", [table.name]).fetchall()
    for link in (column.name for column in table.links):
        given = ", ".join(text(name) for name, links in senders if link in (links or ()))
        values[link] = f"CASE WHEN source IN ({given}) THEN {identifier(link)} END" if given else f"NULL::{table.column(link).duckdb_type}"
    gone = ", ".join(text(name) for name in (MADE, *(dataset.name for dataset in datasets)))
    columns = ", ".join(f"{value} AS {identifier(column)}" for column, value in values.items())
    return f"SELECT {columns} FROM lake.{relation} WHERE source NOT IN ({gone})"


def _overshadow(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Where several datasets hold a key, the row verified last stands; the others go to `shadow_<table>`, to return when that one goes."""
    stage, shadow = f"main.stage_{table.name}", f"main.shadow_{table.name}"
    keys = ", ".join(table.key)
    connection.execute(f"""
        CREATE TABLE {shadow} AS
        SELECT * FROM {stage} SEMI JOIN (SELECT {keys} FROM {stage} GROUP BY ALL HAVING count(*) > 1) USING ({keys})
        QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY verified_on DESC NULLS LAST, source) > 1
    """)
    if connection.execute(f"SELECT 1 FROM {shadow} LIMIT 1").fetchone() is None:
        return
    kind = "TABLE" if table.name == "area" else "VIEW"
    connection.execute(f"ALTER {kind} {stage} RENAME TO every_{table.name}")
    connection.execute(f"CREATE {kind} {stage} AS FROM main.every_{table.name} ANTI JOIN {shadow} USING ({keys}, source)")

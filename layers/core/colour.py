"""Paint: rules → receipts, roll-ups and themes, for one snapshot on one day. Set-based SQL throughout.

The trick that keeps it fast: each rule is evaluated once into one bit, so an object's level and reasons depend on its bit mask alone. A town has
some hundred distinct masks, however many people live in it (`layers.core.rules`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from data.schema import TABLES
from data.store import lake
from data.store.duck import text
from layers.core.registry import source_of
from layers.core.rules import evaluate, grade, rules_of
from layers.core.score import score_parts
from layers.core.spec import LEVELS, Join, Layer, Theme
from layers.core.themes import index_theme
from layers.core.tree import build_tree

# What painting leaves behind for the serving file, beside one paint_<layer> a layer.
PAINTED = ("receipt", "rollup", "theme_class", "theme_rollup", "tree", "score")
_RECEIPT = """layer VARCHAR, object_id VARCHAR, level UTINYINT, reasons VARCHAR[], rule_version VARCHAR, computed_at TIMESTAMPTZ,
    valid_until DATE, next_visit_due DATE, override_by VARCHAR, override_why VARCHAR, override_until DATE"""
_OUTPUTS = {
    "receipt": _RECEIPT,
    "rollup": "area_code VARCHAR, layer VARCHAR, level UTINYINT, n BIGINT",
    "theme_class": "layer VARCHAR, theme VARCHAR, index UTINYINT, code VARCHAR, zh VARCHAR, en VARCHAR, hex VARCHAR, n BIGINT",
    "theme_rollup": "area_code VARCHAR, layer VARCHAR, theme VARCHAR, index UTINYINT, n BIGINT",
    "tree": "area_code VARCHAR, ancestor_code VARCHAR, depth INTEGER",
    "score": "layer VARCHAR, object_id VARCHAR, part VARCHAR, weight DOUBLE, value DOUBLE, bad DOUBLE, n DOUBLE",
    "tally": "layer VARCHAR, area_code VARCHAR, level UTINYINT, n BIGINT, visits BIGINT, overdue BIGINT",
}
_SCRATCH = "^(facts|grade|lifted|coming|class_[0-9]+)$"


@dataclass(frozen=True, slots=True)
class _Moment:
    """The instant painted for: `day`, in the town's zone, is bound as `$as_of`; `instant` goes into receipts."""

    instant: datetime
    day: date
    version: str


def paint(con: duckdb.DuckDBPyConnection, layers: Iterable[Layer], as_of: date | datetime, town: Mapping[str, Any]) -> str:
    """Paint every layer as of a moment into the current schema, and return the rule version.

    Contract tables must be visible unqualified; tables that are not there count as empty. Optional: `previous_receipt` (receipts of the snapshot
    before). `town` gives `code` and `timezone`.
    Writes the tables of `PAINTED`, `tally` (scratch) and `paint_<layer>(object_id, level, <theme> …)`, replacing them; an index of 0 says none.
    The same tables, layers and `as_of` give the same rows. Raises LayerError for a rule that DuckDB cannot evaluate.
    """
    chosen = sorted(layers, key=lambda layer: (layer.table == "area", layer.order, layer.name))  # areas read the receipts of the rest
    moment = _moment(as_of, town, rule_version(chosen))
    for name, columns in _OUTPUTS.items():
        con.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")
    with _stand_ins(con):
        root = build_tree(con, str(town.get("code") or "town"))
        for layer in chosen:
            _paint_layer(con, layer, moment, root)
    _drop_scratch(con)
    return moment.version


def rule_version(layers: Iterable[Layer]) -> str:
    """Twelve hexadecimal digits of all rules together: equal rules give an equal version."""
    sources = "\n".join(sorted(source_of(layer) for layer in layers))
    return hashlib.blake2b(sources.encode(), digest_size=6).hexdigest()


def _moment(as_of: date | datetime, town: Mapping[str, Any], version: str) -> _Moment:
    zone = ZoneInfo(str(town.get("timezone") or "UTC"))
    if isinstance(as_of, datetime):
        return _Moment(as_of, as_of.astimezone(zone).date(), version)
    return _Moment(datetime.combine(as_of, time(), zone), as_of, version)


@contextmanager
def _stand_ins(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Empty temporary tables for whatever was not delivered, so that every join binds."""
    wanted = {name: lake.columns_of(table) for name, table in TABLES.items()}
    wanted |= {name: lake.REPORTS[name] for name in ("coverage_qa", "contradiction", "unlinked")}
    wanted |= {"previous_receipt": lake.REPORTS["receipt"]}
    missing = [name for name in wanted if not _exists(con, name)]
    for name in missing:
        con.execute(lake.definition(name, wanted[name]).replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
    try:
        yield
    finally:
        for name in missing:
            con.execute(f"DROP TABLE temp.{name}")


def _exists(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    try:
        con.execute(f"SELECT 1 FROM {name} LIMIT 0")
    except duckdb.CatalogException:
        return False
    return True


def _drop_scratch(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DROP VIEW IF EXISTS temp.painted")
    for (name,) in con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE temporary AND regexp_matches(table_name, $n)", {"n": _SCRATCH}
    ).fetchall():
        con.execute(f"DROP TABLE temp.{name}")


def _paint_layer(con: duckdb.DuckDBPyConnection, layer: Layer, moment: _Moment, root: str) -> None:
    if layer.parts:
        score_parts(con, layer, moment.day)
    if layer.geometry == "area":
        _paint_objects(con, replace(layer, themes=()), moment, root)
        _paint_objects(con, _on_areas(layer), moment, root, drawn_as=layer.name)
    else:
        _paint_objects(con, layer, moment, root, drawn_as=layer.name)


def _on_areas(layer: Layer) -> Layer:
    """Areas coloured by the counts of a layer whose objects are never drawn; its receipts are kept as `<layer>_area`."""
    sums = ", ".join(f"coalesce(sum(n) FILTER (level = {level.level}), 0) AS {level.code}" for level in LEVELS)
    counts = f"SELECT area_code, sum(n) AS total, {sums} FROM rollup WHERE layer = {text(layer.name)} GROUP BY 1"
    join = Join("n", "n.area_code = o.code", select=counts)
    return replace(
        layer, name=f"{layer.name}_area", table="area", where=None, joins=(*layer.area_joins, join), rules=layer.area_rules, checked="NULL::DATE",
        red_needs_check=False, visit_days={}, geometry="polygon", area_joins=(), area_rules=(), parts=(), card=(), tooltip=(), label=None,
        personal=False,
    )  # fmt: skip


def _paint_objects(con: duckdb.DuckDBPyConnection, layer: Layer, moment: _Moment, root: str, drawn_as: str | None = None) -> None:
    """Receipts, `paint_<drawn_as>` and roll-ups of one layer."""
    rules = rules_of(layer)
    evaluate(con, layer, rules, layer.themes, moment.day)
    grade(con, layer, rules, moment.day)
    if rules:
        _write_receipts(con, layer, moment)
    for number, theme in enumerate(layer.themes):
        index_theme(con, drawn_as or layer.name, theme, number)
    if drawn_as:
        _write_paint(con, drawn_as, layer.themes)
    _tally(con, layer, moment.day)
    if layer.rollup:
        _roll_up(con, layer, root)
        for number, theme in enumerate(layer.themes):
            _roll_up_theme(con, layer, drawn_as or layer.name, theme, number, root)


def _write_receipts(con: duckdb.DuckDBPyConnection, layer: Layer, moment: _Moment) -> None:
    con.execute(
        f"""INSERT INTO receipt SELECT {text(layer.name)}, object_id, level, reasons, $version, $instant, valid_until, next_visit_due,
            override_by, override_why, override_until FROM painted""",
        {"version": moment.version, "instant": moment.instant},
    )


def _write_paint(con: duckdb.DuckDBPyConnection, name: str, themes: tuple[Theme, ...]) -> None:
    columns = "".join(f', coalesce(class_{i}.index, 0)::UTINYINT AS "{theme.name}"' for i, theme in enumerate(themes))
    joins = " ".join(f"LEFT JOIN class_{i} ON class_{i}.code = painted.theme_{i}" for i in range(len(themes)))
    con.execute(f"CREATE OR REPLACE TABLE paint_{name} AS SELECT object_id, level{columns} FROM painted {joins}")


def _tally(con: duckdb.DuckDBPyConnection, layer: Layer, day: date) -> None:
    con.execute(
        f"""INSERT INTO tally SELECT {text(layer.name)}, area_code, level, count(*), count(next_visit_due), count_if(next_visit_due < $day)
        FROM painted GROUP BY area_code, level""",
        {"day": day},
    )


def _above(layer: Layer, root: str) -> tuple[str, str]:
    """Join of `own.area_code` with every area that counts the object, and the SQL that names this area.

    An object counts in each area above it, and one without a known area in the town alone. An area counts as a child of its parent: the
    colours of villages, micro-grids and teams are not added together.
    """
    if layer.table == "area":
        return "JOIN tree t ON t.area_code = own.area_code AND t.depth = 1", "t.ancestor_code"
    return "LEFT JOIN tree t ON t.area_code = own.area_code", f"coalesce(t.ancestor_code, {text(root)})"


def _roll_up(con: duckdb.DuckDBPyConnection, layer: Layer, root: str) -> None:
    join, counted_in = _above(layer, root)
    con.execute(
        f"""INSERT INTO rollup SELECT {counted_in}, own.layer, own.level, sum(own.n)::BIGINT FROM tally own {join}
        WHERE own.layer = {text(layer.name)} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
    )


def _roll_up_theme(con: duckdb.DuckDBPyConnection, layer: Layer, drawn_as: str, theme: Theme, number: int, root: str) -> None:
    join, counted_in = _above(layer, root)
    con.execute(
        f"""INSERT INTO theme_rollup
        WITH own AS (SELECT area_code, index, count(*) AS n FROM facts JOIN class_{number} c ON c.code = theme_{number} GROUP BY 1, 2)
        SELECT {counted_in}, {text(drawn_as)}, {text(theme.name)}, own.index, sum(own.n)::BIGINT FROM own {join}
        WHERE own.index IS NOT NULL GROUP BY 1, 4 ORDER BY 1, 4"""
    )

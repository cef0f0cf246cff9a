"""What a layer file may read of persons: rules may look at them, since only a level leaves; whatever reaches a screen may not.

DuckDB's own parser says what a text reads, so that no comment, quoting, place or star hides a column.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import duckdb

from data.errors import LayerError, advice, advice_zh
from data.schema import TABLES
from data.store.duck import connect, text
from data.store.lake import REPORTS
from layers.core.spec import Field, Join, Layer

Node = dict[str, Any]
Names = Mapping[str, frozenset[str]]

# Tables beside the contract that a layer may read: what the ETL reports, and what painting has made of the layers before.
DERIVED: Mapping[str, tuple[str, ...]] = {
    "coverage_qa": tuple(name for name, _ in REPORTS["coverage_qa"]),
    "receipt": ("layer", "object_id", "level", "reasons", "rule_version", "computed_at", "valid_until", "next_visit_due"),
    "rollup": ("area_code", "layer", "level", "n"),
    "tree": ("area_code", "ancestor_code", "depth"),
    "tally": ("layer", "area_code", "level", "n", "visits", "overdue"),
    "score": ("layer", "object_id", "part", "weight", "value", "bad", "n"),
}
_COUNTING = {"count", "count_star", "count_if"}
_TABLE_FUNCTIONS = {"unnest", "range", "generate_series"}
_REMEDY = "Name the column itself in `card`, so that it is masked by the viewer's role."
_REMEDY_ZH = "请直接在 `card` 中写该列名，以便按查看者的角色脱敏。"
_COUNT = "Count instead, with count(…), count(DISTINCT …) or count_if(…), and leave columns of that name out."
_COUNT_ZH = "请改用 count(…)、count(DISTINCT …) 或 count_if(…) 计数，并且不要输出同名的列。"
_NAME_THEM = "Name the columns one by one."
_NAME_THEM_ZH = "请逐一写出列名。"


def check_personal(layer: Layer, where: str) -> None:
    """Raise LayerError when something that passes `data.policy` by would show a personal column, of whichever table."""
    if layer.table == "person" and not (layer.personal and layer.geometry == "area"):
        raise LayerError(
            f"{where}: persons are shown as counts of areas alone.", remedy='Add `personal=True, geometry="area"`.',
            zh=f"{where}：人员只能按网格计数显示。", zh_remedy='请加上 `personal=True, geometry="area"`。',
        )  # fmt: skip
    own = _aliases(layer.table, layer.joins, where)
    over = _aliases("area", layer.area_joins, where) if layer.geometry == "area" else own
    fields = [item for item in layer.card if isinstance(item, Field)]
    # Of persons' own dates a receipt is not shown; of anything else's it is.
    flips = [] if layer.personal else [rule.flips for rule in layer.rules]
    for shown in [*(field.value for field in fields), layer.checked, f"o.{layer.label}" if layer.label else "", *flips]:
        _check_shown(shown, own, where)
    for shown in [shown for theme in layer.themes for shown in (theme.value, theme.label)] + [rule.flips for rule in layer.area_rules]:
        _check_shown(shown, over, where)
    for join in (*layer.joins, *layer.area_joins):
        if join.select:
            _check_selected(f"join {join.alias!r}", join.select, join.columns, where)
    for part in layer.parts:
        _check_selected(f"part {part.name!r}", part.select, (), where)
    _check_counts(fields, layer.joins, where)


def _aliases(table: str, joins: Iterable[Join], where: str) -> Names:
    """Personal columns by alias. A `select` has been checked for what it names; a star in it may still carry all."""
    return {"o": _personal(table)} | {
        join.alias: _personal(join.table) if join.table else _personal_of(parsed(join.select, where)) for join in joins
    }


def _personal(table: str) -> frozenset[str]:
    return frozenset(column.name for column in TABLES[table].all_columns if column.personal) if table in TABLES else frozenset()


def _personal_of(tree: Node) -> frozenset[str]:
    """Personal columns of all tables that a query reads."""
    return frozenset().union(*(_personal(name) for name in _tables(tree)))


def _check_shown(sql: str, aliases: Names, where: str) -> None:
    """An expression that is shown as it is."""
    if not sql:
        return
    tree = parsed(f"SELECT ({sql}\n)", where)
    anywhere = _personal_of(tree).union(*aliases.values())
    for names in _columns(tree):
        personal = aliases.get(names[0], anywhere) if len(names) == 2 else anywhere
        if names[-1] in personal:
            raise LayerError(
                f"{where}: {sql!r} reads the personal column {names[-1]!r}.", remedy=_REMEDY,
                zh=f"{where}：{sql!r} 读取了个人信息列 {names[-1]!r}。", zh_remedy=_REMEDY_ZH,
            )  # fmt: skip
    if anywhere and any(node.get("class") == "STAR" for node in _nodes(tree)):
        raise LayerError(
            f"{where}: {sql!r} reads all columns, personal ones included.", remedy=_NAME_THEM,
            zh=f"{where}：{sql!r} 读取了所有列，包括个人信息。", zh_remedy=_NAME_THEM_ZH,
        )  # fmt: skip
    if anywhere:
        _check_form(repr(sql), tree, where, frozenset(aliases))


def _check_selected(what: str, select: str, columns: Iterable[str], where: str) -> None:
    """A `select` may count persons and compare them with each other; nothing else of a personal column comes out under whatever name."""
    tree = parsed(select, where)
    personal = _personal_of(tree)
    named = [names[-1] for names in _columns(_without_harmless(tree))]
    named += ["columns" for node in _nodes(tree) if node.get("columns") is True]
    for name in [*named, *(column.lower() for column in columns)]:  # `columns` too: they name what a star gives
        if name in personal or (name == "columns" and personal):
            raise LayerError(
                f"{where}: {what} selects {name!r}, which is personal in a table that it reads.", remedy=_COUNT,
                zh=f"{where}：{what} 输出了 {name!r}，它在所读的表中是个人信息。", zh_remedy=_COUNT_ZH,
            )  # fmt: skip
    if personal:
        _check_form(what, tree, where)


def _check_form(what: str, tree: Node, where: str, more: frozenset[str] = frozenset()) -> None:
    """Refuse what brings columns out by their place or all at once: then their names say nothing of what is in them."""
    for node in _nodes(tree):
        if node.get("column_name_alias") or node.get("aliases") or node.get("rename_list"):
            raise LayerError(
                f"{where}: {what} gives columns other names, some of them personal.", remedy=_NAME_THEM,
                zh=f"{where}：{what} 给列改了名，其中有个人信息。", zh_remedy=_NAME_THEM_ZH,
            )  # fmt: skip
        if node.get("class") == "POSITIONAL_REFERENCE":
            raise LayerError(f"{where}: {what} names a column by its place, #{node.get('index')}.", remedy=_NAME_THEM)
        if node.get("setop_type") not in (None, "UNION_BY_NAME") and any(map(_starred, _branches(node))):
            raise LayerError(
                f"{where}: {what} joins rows by the place of their columns, under a star.", remedy=_NAME_THEM,
                zh=f"{where}：{what} 用星号按列的位置合并行。", zh_remedy=_NAME_THEM_ZH,
            )  # fmt: skip
    rows = more | {str(node["alias"]).lower() for node in _nodes(tree) if node.get("alias") and "type" in node and "class" not in node}
    rows |= frozenset(_tables(tree))
    for names in _columns(tree):
        if names[-1] in rows and not (len(names) == 2 and names[0] in rows):
            raise LayerError(
                f"{where}: {what} reads {names[-1]!r} as a whole row, personal columns included.", remedy=_NAME_THEM,
                zh=f"{where}：{what} 把 {names[-1]!r} 作为整行读取，包括个人信息。", zh_remedy=_NAME_THEM_ZH,
            )  # fmt: skip


def _check_counts(fields: Iterable[Field], joins: Iterable[Join], where: str) -> None:
    """What a card says of a join with persons is a count of persons, and passes the policy as one."""
    counted = {join.alias for join in joins if join.table == "person" or (join.select and "person" in _tables(parsed(join.select, where)))}
    for field in fields:
        tree = parsed(f"SELECT ({field.value}\n)", where)
        reads = "person" in _tables(tree) or any(names[0] in counted for names in _columns(tree) if len(names) == 2)
        if reads and field.kind in ("number", "count"):
            raise LayerError(
                f"{where}: the field {field.name!r} counts persons.", remedy='Add `kind="people"`, so that small counts are hidden.',
                zh=f"{where}：字段 {field.name!r} 是人数。", zh_remedy='请加上 `kind="people"`，以便隐藏过小的人数。',
            )  # fmt: skip


# --- reading SQL


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return connect(extensions=(), threads=1, memory_limit="100MB")


@cache
def parsed(sql: str, where: str) -> Node:
    """The tree of a query as DuckDB reads it. Raises LayerError for what is no single SELECT over tables that a layer may read."""
    # Not bound: the first bound query of a process imports pandas, half a second.
    options = "skip_null := true, skip_empty := true, skip_default := true"
    found = _parser().cursor().execute(f"SELECT json_serialize_sql({text(sql)}, {options})").fetchone()
    tree: Node = json.loads(found[0]) if found else {}
    if tree.get("error") or len(tree.get("statements", ())) != 1:
        why = tree.get("error_message", "no single SELECT")
        raise LayerError(
            f"{where}: {sql!r} cannot be read: {why}.",
            remedy="Correct the SQL.",
            zh=f"{where}：{sql!r} 无法读取：{why}。",
            zh_remedy="请改正 SQL。",
        )
    known = {*TABLES, *DERIVED, *(entry["key"].lower() for node in _nodes(tree) for entry in node.get("cte_map", {}).get("map", ()))}
    for name in _tables(tree):
        if name not in known:
            raise LayerError(
                f"{where}: {sql!r} reads {name!r}, which is no table.", remedy=advice(name, [*TABLES, *DERIVED]),
                zh=f"{where}：{sql!r} 读取的 {name!r} 不是表。", zh_remedy=advice_zh(name, [*TABLES, *DERIVED]),
            )  # fmt: skip
    for node in _nodes(tree):
        function = node.get("function", {}) if node.get("type") == "TABLE_FUNCTION" else {}
        if (function and function.get("function_name") not in _TABLE_FUNCTIONS) or node.get("type") == "SHOW_REF":
            raise LayerError(
                f"{where}: {sql!r} reads something else than tables.", remedy="Read the tables of the contract.",
                zh=f"{where}：{sql!r} 读取了表以外的内容。", zh_remedy="请只读取数据约定中的表。",
            )  # fmt: skip
    return tree


def _nodes(value: Any) -> Iterator[Node]:
    """All objects of a tree."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _nodes(part)
    elif isinstance(value, list):
        for part in value:
            yield from _nodes(part)


def _tables(tree: Node) -> set[str]:
    return {str(node["table_name"]).lower() for node in _nodes(tree) if node.get("type") == "BASE_TABLE"}


def _columns(tree: Any) -> Iterator[tuple[str, ...]]:
    """All columns named in a tree: (column,) or (alias, column), in lower case."""
    for node in _nodes(tree):
        if node.get("class") == "COLUMN_REF":
            yield tuple(str(name).lower() for name in node["column_names"])


def _without_harmless(value: Any) -> Any:
    """The tree without what lets out nothing but a number, or whether all rows have the same value."""
    if isinstance(value, list):
        return [_without_harmless(part) for part in value]
    if not isinstance(value, dict):
        return value
    if value.get("function_name") in _COUNTING or _all_the_same(value):
        return {}
    return {name: _without_harmless(part) for name, part in value.items() if name not in ("group_expressions", "exclude_list")}


def _all_the_same(node: Node) -> bool:
    """min(x) = max(x)"""
    sides = [node.get("left", {}), node.get("right", {})]
    called = sorted(str(side.get("function_name")) for side in sides)
    read = [list(_columns(side.get("children"))) for side in sides]
    return node.get("type") == "COMPARE_EQUAL" and called == ["max", "min"] and read[0] == read[1]


def _branches(node: Node) -> Iterator[Node]:
    """The queries that a set operation puts below each other."""
    for side in (node.get("left", {}), node.get("right", {})):
        if "setop_type" in side:
            yield from _branches(side)
        else:
            yield side


def _starred(query: Node) -> bool:
    return any(item.get("class") == "STAR" for item in query.get("select_list", ()))

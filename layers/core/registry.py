"""Which layers there are: one file is one layer, checked against the contract when it is loaded."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path

from data.errors import LayerError, advice, advice_zh
from data.schema import GEOMETRY_COLUMNS, TABLES
from layers.core.bound import check_bound, check_select
from layers.core.personal import DERIVED, check_personal
from layers.core.spec import Field, Join, Layer, Rule, Theme

FOLDER = Path(__file__).resolve().parent.parent

COUNTS = ("total", "red", "orange", "yellow", "blue", "green", "grey")
_REFERENCE = re.compile(r"\b([a-z_][a-z0-9_]*)\.([a-z_][a-z0-9_]*)\b(?!\s*\()")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def load_layers(folder: Path | None = None) -> tuple[Layer, ...]:
    """All layers in drawing order: the product's, then those of `folder` (`Settings.layers`), where a file of the same name replaces ours.

    Raises LayerError for a file that declares what the contract does not know, naming the nearest right word.
    """
    layers = {layer.name: layer for layer in _read(FOLDER)}
    if folder is not None:
        if not folder.is_dir():
            raise LayerError(
                f"The folder of your own layers, {folder}, does not exist.", remedy="Create it or unset ONESCREEN_LAYERS.",
                zh=f"自定图层的文件夹 {folder} 不存在。", zh_remedy="请建立该文件夹，或取消设置 ONESCREEN_LAYERS。",
            )  # fmt: skip
        layers.update({layer.name: layer for layer in _read(folder)})
    return tuple(sorted(layers.values(), key=lambda layer: (layer.order, layer.name)))


def _read(folder: Path) -> Iterator[Layer]:
    for file in sorted(folder.glob("*.py")):
        if not file.name.startswith("_"):
            yield load_layer(file)


def load_layer(file: Path) -> Layer:
    """The `LAYER` of one file, checked. Raises LayerError."""
    spec = importlib.util.spec_from_file_location(f"onescreen_layer_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except TypeError as error:
        remedy, zh_remedy = _field_advice(str(error))
        raise LayerError(f"{file.name}: {error}.", remedy=remedy, zh=f"{file.name}：声明有误（{error}）。", zh_remedy=zh_remedy) from error
    except (SyntaxError, NameError, ImportError, AttributeError) as error:
        raise LayerError(
            f"{file.name} cannot be read: {error}.", remedy=_COMPARE[0], zh=f"{file.name} 无法读取：{error}。", zh_remedy=_COMPARE[1]
        ) from error
    layer = getattr(module, "LAYER", None)
    if not isinstance(layer, Layer):
        raise LayerError(
            f"{file.name} declares no LAYER.", remedy="Add `LAYER = Layer(name=…, table=…, zh=…, en=…)`.",
            zh=f"{file.name} 没有声明 LAYER。", zh_remedy="请加上 `LAYER = Layer(name=…, table=…, zh=…, en=…)`。",
        )  # fmt: skip
    check(layer, file.name)
    return layer


_COMPARE = "Compare it with the example in the README.", "请与 README 中的示例对照。"


def _field_advice(message: str) -> tuple[str, str]:
    """Remedy for a misspelt field of a declaration, in English and Chinese."""
    unknown = re.search(r"unexpected keyword argument '(\w+)'", message)
    owner = re.match(r"(\w+)\.__init__", message)
    declarations = {cls.__name__: cls for cls in (Layer, Rule, Theme, Join, Field)}
    if unknown and owner and owner[1] in declarations:
        known = [field.name for field in fields(declarations[owner[1]])]
        return advice(unknown[1], known), advice_zh(unknown[1], known)
    return _COMPARE


def check(layer: Layer, where: str) -> None:
    """Raise LayerError when `layer` names a table, column, level or theme that does not exist."""
    if not _NAME.fullmatch(layer.name):
        raise LayerError(
            f"{where}: {layer.name!r} is no layer name.", remedy="Use lower-case letters, digits and underscores.",
            zh=f"{where}：{layer.name!r} 不能作图层名。", zh_remedy="请用小写字母、数字和下划线。",
        )  # fmt: skip
    known = _aliases(layer.table, layer.joins, where)
    over = known if layer.geometry != "area" else {**_aliases("area", layer.area_joins, where), "n": frozenset(COUNTS)}
    if layer.parts:
        known["s"] = frozenset({"score"})
    for text in _object_sql(layer):
        _check_sql(text, known, where)
    for text in _area_sql(layer):
        _check_sql(text, over, where)
    _check_columns(layer, known["o"], where)
    _check_rules(layer, where)
    check_personal(layer, where)
    for join in (*layer.joins, *layer.area_joins):
        if join.select:
            check_select(f"join {join.alias!r}", join.select, where)
    for part in layer.parts:
        check_select(f"part {part.name!r}", part.select, where)
    for texts, aliases in ((_object_sql(layer), known), (_area_sql(layer), over)):
        for text in filter(None, texts):
            check_bound(_owner(layer, text), text, aliases, where)


def _owner(layer: Layer, text: str) -> str:
    """Where in the file an SQL text stands."""
    owner = next((rule.code for rule in (*layer.rules, *layer.area_rules) if text in (rule.when, rule.flips)), None)
    return f"rule {owner!r}" if owner else f"layer {layer.name!r}"


def columns_of(table: str) -> frozenset[str]:
    """Names of the columns of a table that layers may read; empty when there is no such table."""
    if table in TABLES:
        found = TABLES[table]
        spatial = {name for name, _ in GEOMETRY_COLUMNS} if found.geometry else set()
        return frozenset({column.name for column in found.all_columns} | spatial)
    return frozenset(DERIVED.get(table, ()))


def _aliases(table: str, joins: Iterable[Join], where: str) -> dict[str, frozenset[str]]:
    if table not in TABLES:
        raise LayerError(
            f"{where}: there is no table {table!r}.", remedy=advice(table, TABLES),
            zh=f"{where}：没有表 {table!r}。", zh_remedy=advice_zh(table, TABLES),
        )  # fmt: skip
    known = {"o": columns_of(table)}
    for join in joins:
        if join.table and not columns_of(join.table):
            raise LayerError(
                f"{where}: join {join.alias!r} names no known table: {join.table!r}.", remedy=advice(join.table, [*TABLES, *DERIVED]),
                zh=f"{where}：join {join.alias!r} 所指的表 {join.table!r} 不存在。", zh_remedy=advice_zh(join.table, [*TABLES, *DERIVED]),
            )  # fmt: skip
        known[join.alias] = columns_of(join.table) if join.table else frozenset(join.columns)
    return known


def _object_sql(layer: Layer) -> list[str]:
    texts = [layer.where or "", layer.checked, *(join.on for join in layer.joins)]
    texts += [text for rule in layer.rules for text in (rule.when, rule.flips)]
    texts += [field.value for field in layer.card if isinstance(field, Field)]
    return texts + ([] if layer.geometry == "area" else _theme_sql(layer))


def _area_sql(layer: Layer) -> list[str]:
    texts = [join.on for join in layer.area_joins] + [text for rule in layer.area_rules for text in (rule.when, rule.flips)]
    return texts + (_theme_sql(layer) if layer.geometry == "area" else [])


def _theme_sql(layer: Layer) -> list[str]:
    return [text for theme in layer.themes for text in (theme.value, theme.label)]


def _check_sql(text: str, known: Mapping[str, frozenset[str]], where: str) -> None:
    for alias, column in references(text):
        if alias not in known:
            raise LayerError(
                f"{where}: {alias}.{column} uses an alias that is not joined.", remedy=advice(alias, known),
                zh=f"{where}：{alias}.{column} 使用了没有 join 的别名。", zh_remedy=advice_zh(alias, known),
            )  # fmt: skip
        if column not in known[alias]:
            raise LayerError(
                f"{where}: there is no column {column!r} in {alias!r}.", remedy=advice(column, known[alias]),
                zh=f"{where}：{alias!r} 中没有列 {column!r}。", zh_remedy=advice_zh(column, known[alias]),
            )  # fmt: skip


def references(text: str) -> list[tuple[str, str]]:
    """All `alias.column` in a piece of SQL, outside of quoted text."""
    return [(match[1], match[2]) for match in _REFERENCE.finditer(_QUOTED.sub("''", text))]


def _check_columns(layer: Layer, columns: frozenset[str], where: str) -> None:
    named = [*layer.tooltip, *(item for item in layer.card if isinstance(item, str))]
    for name in named + ([layer.label] if layer.label else []):
        if name not in columns:
            raise LayerError(
                f"{where}: table {layer.table!r} has no column {name!r}.", remedy=advice(name, columns),
                zh=f"{where}：表 {layer.table!r} 没有列 {name!r}。", zh_remedy=advice_zh(name, columns),
            )  # fmt: skip
    themes = [theme.name for theme in layer.themes]
    if layer.default_theme and layer.default_theme not in themes:
        raise LayerError(
            f"{where}: default_theme {layer.default_theme!r} is none of its themes.", remedy=advice(layer.default_theme, themes),
            zh=f"{where}：default_theme {layer.default_theme!r} 不是该图层的专题。", zh_remedy=advice_zh(layer.default_theme, themes),
        )  # fmt: skip


def _check_rules(layer: Layer, where: str) -> None:
    for rules in (layer.rules, layer.area_rules):
        codes = [rule.code for rule in rules]
        for rule in rules:
            if rule.level not in range(6):
                raise LayerError(
                    f"{where}: rule {rule.code!r} has level {rule.level}.", remedy="Levels: 1 red … 5 green, 0 grey.",
                    zh=f"{where}：规则 {rule.code!r} 的等级为 {rule.level}。", zh_remedy="等级：1 红 … 5 绿，0 灰。",
                )  # fmt: skip
            if codes.count(rule.code) > 1 or not _NAME.fullmatch(rule.code):
                raise LayerError(
                    f"{where}: rule code {rule.code!r} is used twice or is no name.", remedy="Give each rule a code of its own.",
                    zh=f"{where}：规则代码 {rule.code!r} 重复或不能作名称。", zh_remedy="请给每条规则一个自己的代码。",
                )  # fmt: skip
        if len(rules) > 60:
            raise LayerError(
                f"{where} has {len(rules)} rules.", remedy="At most 60 rules fit one layer: split it.",
                zh=f"{where} 有 {len(rules)} 条规则。", zh_remedy="一个图层最多 60 条规则：请拆分。",
            )  # fmt: skip


def called(layer: Layer) -> tuple[str, ...]:
    """What a delivery of levels set by hand may call a layer, in lower case; none for a layer whose objects are counted in areas, such as persons."""
    if layer.geometry == "area" or not layer.rules:
        return ()
    return tuple(dict.fromkeys(name.lower() for name in (layer.name, layer.name.removesuffix("_area"), layer.zh, layer.en)))


def targets_by_hand(layers: Iterable[Layer]) -> dict[str, str]:
    """Every name of `called`, of the layers painted on areas too, with the table of the objects that it colours."""
    painted = [
        replace(layer, name=f"{layer.name}_area", table="area", geometry="polygon") if layer.geometry == "area" else layer
        for layer in layers
    ]
    return {name: layer.table for layer in painted for name in called(layer)}


def source_of(layer: Layer) -> str:
    """The declaration as text, for the rule version. Everything that decides a colour is in it."""
    deciding = (layer.name, layer.table, layer.where, layer.joins, layer.rules, layer.checked, sorted(layer.visit_days.items()))
    return repr(
        (*deciding, layer.red_needs_check, layer.default_level, layer.default_code, layer.area_joins, layer.area_rules, layer.parts)
    )

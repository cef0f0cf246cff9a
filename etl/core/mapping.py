"""Which header feeds which contract column: by the town file, by name, Chinese or English title, alias, or a name cut at ten bytes."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from data.errors import ContractError
from data.schema import Column, Table
from etl.core.town_file import ROW_NUMBER, Dataset
from etl.core.units import AREA_UNITS, normal_unit

SERIAL_HEADERS = frozenset({"序号", "no", "#", "编序"})  # the sender's running number: says nothing, so it is not reported as unmapped
_BRACKETS = re.compile(r"[(\[【{<〔][^()\[\]【】{}<>〔〕]*[)\]】}>〕]")
_NOISE = re.compile(r"[\s_\-*:.'\"“”‘’·\u200b\ufeff]+")
_CUT_BYTES = 10  # a DBF field name; GBK and UTF-8 writers both cut there


@dataclass(frozen=True, slots=True)
class Source:
    """One header that feeds a column, the unit that it names, and how it was recognised."""

    header: str
    unit: str = ""
    how: str = "fields"


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Headers that could not be told apart, and what was done about it."""

    headers: tuple[str, ...]
    columns: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Mapping_:  # noqa: N801 -- the name that docs/architecture.md gives; `Mapping` is the collection
    """`sources` lists for each fed column its headers in order: the first filled one counts."""

    sources: Mapping[str, tuple[Source, ...]]
    unmapped: tuple[str, ...] = ()
    ambiguous: tuple[Ambiguity, ...] = ()

    @property
    def columns(self) -> dict[str, str]:
        """First header of each fed column."""
        return {column: sources[0].header for column, sources in self.sources.items()}

    @property
    def units(self) -> dict[str, str]:
        """Unit that the header of a column names, where it names one."""
        return {column: sources[0].unit for column, sources in self.sources.items() if sources[0].unit}


@dataclass(frozen=True, slots=True)
class _Match:
    """`rank` is form of the header, kind of name, delivered or linked, place among the aliases: the lower, the surer."""

    rank: tuple[int, int, int, int]
    column: Column
    source: Source


_Index = dict[str, list[tuple[tuple[int, int, int], Column]]]


def map_headers(headers: Sequence[str], dataset: Dataset, table: Table, geometry_headers: Collection[str] = ()) -> Mapping_:
    """The mapping of a file with `headers`. `geometry_headers` hold coordinates and are nobody's business here.

    Raises ContractError when a header that the town file names, or one for a required column, is not there.
    """
    chosen = {column: _chosen(column, wanted, headers, dataset) for column, wanted in dataset.fields.items() if _is_column(table, column)}
    taken = {source.header for sources in chosen.values() for source in sources}
    aside = taken | set(geometry_headers) | {header for wanted in dataset.fields.values() for header in wanted}
    free = [column for column in _deliverable(table) if column.name not in chosen and column.name not in dataset.constants]
    matches, unclear = _recognise([header for header in headers if header not in aside], free, set(table.columns))
    found, doubled = _gather(matches, free)
    sources = {**{column: given for column, given in chosen.items() if given}, **found}
    _require(table, dataset, sources, headers)
    used = aside | {source.header for given in sources.values() for source in given} | set(dataset.where)
    unmapped = tuple(header for header in headers if header not in used and normal(header) not in SERIAL_HEADERS)
    return Mapping_(sources, unmapped, (*unclear, *doubled))


def normal(text: str) -> str:
    """`text` without case, width, spaces, line breaks, underscores and marks such as the asterisk of a required column."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())


def without_brackets(header: str) -> str:
    """`header` in normal width, without what stands in brackets."""
    return _BRACKETS.sub("", unicodedata.normalize("NFKC", header))


def levels(header: str) -> list[str]:
    """The titles of a header of several rows, the topmost first."""
    return [level for level in re.split(r"[/\\|>—\n]+", header) if level.strip()]


def _deliverable(table: Table) -> tuple[Column, ...]:
    return tuple(column for column in table.all_columns if column.name not in ("source", "delivered_at"))


def _is_column(table: Table, name: str) -> bool:
    return any(column.name == name for column in table.all_columns)


def _chosen(column: str, wanted: Sequence[str], headers: Sequence[str], dataset: Dataset) -> tuple[Source, ...]:
    return tuple(Source(present(header, column, headers, dataset), _unit(header)) for header in wanted)


def present(header: str, column: str, headers: Sequence[str], dataset: Dataset) -> str:
    """The delivered header that the town file means by `header`: the same, or the only one that differs in spelling.

    Raises ContractError when there is none.
    """
    if header in headers or header == ROW_NUMBER:
        return header
    alike = [other for other in headers if normal(other) == normal(header)]
    if len(alike) == 1:
        return alike[0]
    near = _nearest([header], headers)
    raise ContractError(
        f"Dataset {dataset.name!r} ({dataset.file}): fields.{column} names the header {header!r}, which is not there.",
        remedy=f"Headers found: {listed(headers)}.{near}",
        zh=f"数据集 {dataset.name!r}（{dataset.file}）：fields.{column} 指明的表头 {header!r} 不存在。",
        zh_remedy=f"已有表头：{listed(headers, 'zh')}。{_nearest([header], headers, 'zh')}",
    )


# --- recognising


def _recognise(headers: Iterable[str], columns: Sequence[Column], delivered: Collection[Column]) -> tuple[list[_Match], list[Ambiguity]]:
    index = _index(columns, delivered)
    matches: list[_Match] = []
    unclear: list[Ambiguity] = []
    for header in headers:
        best = _best(header, index)
        if len(best) == 1:
            matches.append(best[0])
        elif best:
            unclear.append(_unclear(header, [match.column for match in best]))
    return matches, unclear


def _index(columns: Sequence[Column], delivered: Collection[Column]) -> _Index:
    """Normal name → columns that answer to it, with their rank: kind of name, delivered before linked, place among the aliases."""
    index: _Index = {}
    for column in columns:
        for place, name in enumerate(dict.fromkeys(map(normal, (column.name, column.zh, column.en, *column.aliases)))):
            index.setdefault(name, []).append(((min(place, 3), int(column not in delivered), place), column))
    return index


def _best(header: str, index: _Index) -> list[_Match]:
    """Matches of the surest form of `header`: one is a find, several are an ambiguity."""
    for step, (name, unit, how) in enumerate(_forms(header)):
        found = [_Match((step, *rank), column, Source(header, unit, how)) for rank, column in index.get(name, ())]
        if found:
            surest = min(match.rank[:3] for match in found)
            return [match for match in found if match.rank[:3] == surest]
    cut = {column.name: column for name, answers in index.items() if _is_cut(header, name) for _, column in answers}
    return [_Match((9, 9, 9, 9), column, Source(header, "", "cut")) for column in cut.values()]


def _forms(header: str) -> Iterator[tuple[str, str, str]]:
    """Forms of `header` from the surest to the loosest: as it is, without brackets, without unit, its levels joined, the last one."""
    yield normal(header), "", "name"
    bare = without_brackets(header)
    unit = _unit(header)
    yield normal(bare), unit, "brackets"
    for suffix in _AREA_SUFFIXES:
        if normal(bare).endswith(suffix):
            yield normal(bare).removesuffix(suffix).rstrip("/,"), normal_unit(suffix), "unit"
    parts = levels(bare)
    if len(parts) > 1:
        yield normal("".join(parts)), unit, "joined levels"  # 户主/姓名 is 户主姓名 before it is anybody's 姓名
        yield normal(parts[-1]), unit, "last level"


_AREA_SUFFIXES = sorted((normal(unit) for unit in AREA_UNITS if len(unit) > 1 or unit == "亩"), key=len, reverse=True)


def _unit(header: str) -> str:
    """The unit named in a bracket of `header`, or an empty string."""
    for bracket in _BRACKETS.findall(unicodedata.normalize("NFKC", header)):
        if unit := normal_unit(bracket[1:-1]):
            return unit
    return ""


def _is_cut(header: str, name: str) -> bool:
    """Whether `header` is `name` cut at ten bytes, perhaps in the middle of a Chinese character."""
    whole = header.rstrip("\ufffd?")
    stem = normal(whole)
    if len(stem) < 3 or not name.startswith(stem) or name == stem:
        return False
    lengths = {_length(whole, "gb18030"), _length(whole, "utf-8")}
    shortest = _CUT_BYTES - 3 if whole != header or not whole.isascii() else _CUT_BYTES
    return any(shortest < length <= _CUT_BYTES or length == _CUT_BYTES for length in lengths)


def _length(text: str, encoding: str) -> int:
    return len(text.encode(encoding, errors="ignore"))


# --- deciding


def _gather(matches: Iterable[_Match], columns: Sequence[Column]) -> tuple[dict[str, tuple[Source, ...]], list[Ambiguity]]:
    """Sources of each column, surest first. A key takes one header only: two kinds of key must not mix."""
    found: dict[str, tuple[Source, ...]] = {}
    doubled: list[Ambiguity] = []
    for column in columns:
        # "图斑面积（亩）" is the column's own title and goes before its alias "面积", though it took a step to see it.
        ranked = sorted((match for match in matches if match.column == column), key=lambda match: (match.rank[1:], match.rank[0]))
        sources = tuple(match.source for match in ranked)
        if not sources:
            continue
        found[column.name] = sources[:1] if column.kind == "key" else sources
        if len(sources) > 1:
            doubled.append(_doubled(column, [source.header for source in sources]))
    return found, doubled


def _unclear(header: str, columns: Sequence[Column]) -> Ambiguity:
    names = tuple(column.name for column in columns)
    zh = f"表头“{header}”可能是{'、'.join(column.zh for column in columns)}，未采用；请在 fields 中指明。"
    return Ambiguity((header,), names, zh, f"Header {header!r} may be {' or '.join(names)}; it was left out. Say which in `fields`.")


def _doubled(column: Column, headers: Sequence[str]) -> Ambiguity:
    first, *others = headers
    rest_zh, rest_en = "、".join(others), ", ".join(others)
    if column.kind == "key":
        zh, en = f"{column.zh}取“{first}”，未采用：{rest_zh}。", f"{column.name} is taken from {first!r}; left out: {rest_en}."
    else:
        zh, en = (
            f"{column.zh}取“{first}”，其为空时取：{rest_zh}。",
            f"{column.name} is taken from {first!r}, where that is empty from: {rest_en}.",
        )
    return Ambiguity(tuple(headers), (column.name,), zh, en)


def _require(table: Table, dataset: Dataset, sources: Mapping[str, object], headers: Sequence[str]) -> None:
    """Raises ContractError naming the first required column that nothing feeds."""
    for column in table.all_columns:
        fed = column.name in sources or column.name in dataset.constants
        hashed = column.name in table.key and any(name in sources for name in table.key_from)
        if fed or hashed or not (column.required or column.name in table.key):
            continue
        names = [column.name, column.zh, column.en, *column.aliases]
        raise ContractError(
            f"Dataset {dataset.name!r} ({dataset.file}) has no header for the required column {column.zh} ({table.name}.{column.name}). "
            f"Headers found: {listed(headers)}.",
            remedy=f'Name it in the town file: fields = {{ {column.name} = "…" }}.{_nearest(names, headers)}',
            zh=f"数据集 {dataset.name!r}（{dataset.file}）没有必填列“{column.zh}”（{table.name}.{column.name}）的表头。"
            f"已有表头：{listed(headers, 'zh')}。",
            zh_remedy=f'请在配置文件中指明：fields = {{ {column.name} = "…" }}。{_nearest(names, headers, "zh")}',
        )


def _nearest(names: Sequence[str], headers: Sequence[str], language: str = "en") -> str:
    by_normal = {normal(header): header for header in headers}
    near = {by_normal[hit]: None for name in names for hit in difflib.get_close_matches(normal(name), by_normal, n=2, cutoff=0.5)}
    shown = [repr(header) for header in list(near)[:3]]
    if not shown:
        return ""
    return f"最接近的是：{'、'.join(shown)}。" if language == "zh" else f" Nearest: {', '.join(shown)}."


def listed(headers: Sequence[str], language: str = "en") -> str:
    """The first sixty of `headers` for an error message."""
    if language == "zh":
        return ("、".join(headers[:60]) + (f" 等 {len(headers)} 列" if len(headers) > 60 else "")) or "无"
    return (", ".join(headers[:60]) + (f" and {len(headers) - 60} more" if len(headers) > 60 else "")) or "none"


@cache
def required_names(table: Table) -> frozenset[str]:
    """Columns without which a row cannot be trusted: required ones and the key (a key that is hashed only asks for its parts)."""
    keys = () if table.key_from else table.key
    return frozenset({column.name for column in table.columns if column.required} | set(keys))

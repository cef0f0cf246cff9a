"""TOWN.toml: what a delivery holds and where, as frozen values. The keys are those of docs/architecture.md, section 1."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from data.errors import SettingsError, SourceError, advice, advice_zh
from data.schema import Table, table
from etl.core.paths import find_files, nearest_file, town_text

# Names that `fields` may carry beside contract columns: headers that hold coordinates or WKT (read by the readers, not by the contract).
GEOMETRY_FIELDS = ("lon", "lat", "x", "y", "wkt")
ROW_NUMBER = "@row"


@dataclass(frozen=True, slots=True)
class Name:
    """A name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Town:
    """The [town] section. `extent` is west, south, east, north in degrees, or None."""

    name: Name
    code: str
    crs: str
    timezone: str = "Asia/Shanghai"
    levels: tuple[Name, ...] = (Name("镇", "Town"),)
    synthetic: bool = False
    extent: tuple[float, float, float, float] | None = None
    delivered_at: date | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """One [[dataset]]. `paths` are the existing files behind `file`, sorted; empty for an address such as postgresql://….

    `fields` maps a contract column to headers (the first filled one counts; an empty tuple: leave the column out; `@row`: the row number).
    `values` maps a contract column to translations of delivered values ("" empties the cell).
    `where` maps a header to wanted values (`*`: any non-empty). `control_points` are (x, y, lon, lat). `header_row` is the number of
    the first header row in a spreadsheet, `header_rows` how many there are; both are found when not given. `every_days` is how often
    the sender delivers; the screen shows the dataset as late after that (`layers/core/freshness.py` has what holds when it is not given).
    """

    name: str
    table: str
    file: str
    paths: tuple[Path, ...] = ()
    layer: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    crs: str | None = None
    datum: str | None = None
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    max_bad_share: float = 0.05
    key_prefix: str = ""
    control_points: tuple[tuple[float, float, float, float], ...] = ()
    accept_outside: bool = False
    header_row: int | None = None
    header_rows: int | None = None
    every_days: int | None = None


@dataclass(frozen=True, slots=True)
class TownFile:
    """A whole delivery."""

    town: Town
    datasets: tuple[Dataset, ...]


TOWN_KEYS = ("name", "code", "crs", "timezone", "levels", "synthetic", "extent", "delivered_at")
DATASET_KEYS = (
    "name", "table", "file", "layer", "sheet", "encoding", "crs", "datum", "fields", "constants", "values", "where",
    "max_bad_share", "key_prefix", "control_points", "accept_outside", "header_row",
    "header_rows", "every_days",
)  # fmt: skip


def load_town_file(path: Path) -> TownFile:
    """The delivery that `path` describes.

    Raises SettingsError for a key or value that cannot be used (with its place and the nearest right one), ContractError for an
    unknown table, SourceError for files that do not exist.
    """
    return _Parser(path, town_text(path)).town_file()


class _Parser:
    """One reading of one file; knows the text, so that an error can name the line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()
        try:
            self.values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(
                f"{path} is not valid TOML: {error}.", remedy="Correct that place.",
                zh=f"{path} 不是有效的 TOML：{error}。", zh_remedy="请改正该处。",
            ) from error  # fmt: skip

    def town_file(self) -> TownFile:
        self._known(self.values, ("town", "dataset"), "the top level", 0)
        town = self.values.get("town")
        if not isinstance(town, dict):
            raise SettingsError(
                f"{self.path} has no [town] section.", remedy="Start it with [town], name, code and crs.",
                zh=f"{self.path} 没有 [town] 一节。", zh_remedy="请以 [town] 开头，写明 name、code 和 crs。",
            )  # fmt: skip
        sections = self.values.get("dataset")
        if not isinstance(sections, list) or not sections:
            raise SettingsError(
                f"{self.path} has no [[dataset]].", remedy="Add a [[dataset]] with name, table and file for each delivered file.",
                zh=f"{self.path} 没有 [[dataset]]。", zh_remedy="请为每个交付文件写一节 [[dataset]]，含 name、table 和 file。",
            )  # fmt: skip
        datasets = tuple(self._dataset(section, index) for index, section in enumerate(sections))
        self._unique([dataset.name for dataset in datasets])
        return TownFile(self._town(town), datasets)

    def _town(self, section: dict[str, object]) -> Town:
        place = "[town]"
        start = self._line("[town]", 0)
        self._known(section, TOWN_KEYS, place, start)
        self._needs(section, ("name", "code", "crs"), place)
        known: dict[str, object] = {key: self._string(section[key], key, place) for key in ("code", "crs", "timezone") if key in section}
        if "timezone" in known:
            self._timezone(str(known["timezone"]))
        if "levels" in section:
            known["levels"] = self._levels(section["levels"])
        if "synthetic" in section:
            known["synthetic"] = self._flag(section["synthetic"], "synthetic", place)
        if "extent" in section:
            known["extent"] = self._extent(section["extent"])
        if "delivered_at" in section:
            known["delivered_at"] = self._day(section["delivered_at"], place)
        return Town(name=self._name(section["name"], "name", place), **known)  # type: ignore[arg-type]

    def _dataset(self, section: dict[str, object], index: int) -> Dataset:
        start = self._line("[[dataset]]", index)
        place = f"[[dataset]] {section.get('name', f'number {index + 1}')!r}"
        self._known(section, DATASET_KEYS, place, start)
        self._needs(section, ("name", "table", "file"), place)
        texts = {
            key: self._string(section[key], key, place)
            for key in ("name", "table", "file", "layer", "sheet", "encoding", "crs", "datum", "key_prefix")
            if key in section
        }
        contract = table(texts["table"])
        if "encoding" in texts:
            self._encoding(texts["encoding"], place)
        return Dataset(
            **texts,
            paths=self._paths(texts["file"], place),
            fields=self._fields(section.get("fields", {}), contract, place, start),
            constants=self._constants(section.get("constants", {}), contract, place, start),
            values=self._values(section.get("values", {}), contract, place, start),
            where=self._where(section.get("where", {}), place),
            max_bad_share=self._share(section.get("max_bad_share", contract.max_bad_share), place),
            control_points=self._points(section.get("control_points", []), place),
            accept_outside=self._flag(section.get("accept_outside", False), "accept_outside", place),
            header_row=self._counted(section.get("header_row"), "header_row", place),
            header_rows=self._counted(section.get("header_rows"), "header_rows", place),
            every_days=self._counted(section.get("every_days"), "every_days", place),
        )

    # --- parts of a dataset

    def _paths(self, file: str, place: str) -> tuple[Path, ...]:
        if "://" in file:
            return ()
        found = tuple(find_files(self.path.parent, file))
        if not found:
            whole = self.path.parent / file
            remedy, zh_remedy = nearest_file(whole)
            raise SourceError(
                f"{place} of {self.path}: there is no file {whole}.", remedy=remedy,
                zh=f"{self.path} 的 {place}：没有文件 {whole}。", zh_remedy=zh_remedy,
            )  # fmt: skip
        return found

    def _fields(self, value: object, contract: Table, place: str, start: int) -> dict[str, tuple[str, ...]]:
        section = self._section(value, "fields", place)
        self._known(section, (*_columns(contract), *GEOMETRY_FIELDS), f"fields of {place} (table {contract.name})", start)
        return {column: self._headers(header, f"fields.{column} of {place}") for column, header in section.items()}

    def _headers(self, value: object, place: str) -> tuple[str, ...]:
        return tuple(header for header in self._strings(value, place) if header)

    def _constants(self, value: object, contract: Table, place: str, start: int) -> dict[str, str]:
        section = self._section(value, "constants", place)
        self._known(section, _columns(contract), f"constants of {place} (table {contract.name})", start)
        return {column: self._scalar(constant, f"constants.{column} of {place}") for column, constant in section.items()}

    def _values(self, value: object, contract: Table, place: str, start: int) -> dict[str, dict[str, str]]:
        section = self._section(value, "values", place)
        self._known(section, _columns(contract), f"values of {place} (table {contract.name})", start)
        return {
            column: {
                old: self._scalar(new, f"values.{column} of {place}")
                for old, new in self._section(pairs, f"values.{column}", place).items()
            }
            for column, pairs in section.items()
        }

    def _where(self, value: object, place: str) -> dict[str, tuple[str, ...]]:
        section = self._section(value, "where", place)
        return {header: self._strings(wanted, f"where.{header} of {place}") for header, wanted in section.items()}

    def _share(self, value: object, place: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise _unusable(
                f"max_bad_share of {place}", value, "Give a share from 0 to 1, such as 0.05.", "请填 0 到 1 之间的比例，如 0.05。"
            )
        return float(value)

    def _points(self, value: object, place: str) -> tuple[tuple[float, float, float, float], ...]:
        rows = value if isinstance(value, list) else [value]
        points = tuple(numbers for row in rows if (numbers := _numbers(row, 4)))
        if len(points) != len(rows) or 0 < len(points) < 3:
            raise _unusable(
                f"control_points of {place}",
                value,
                "Give at least three points as [[x, y, lon, lat], …].",
                "请至少给出三个点：[[x, y, 经度, 纬度], …]。",
            )
        return tuple((x, y, lon, lat) for x, y, lon, lat in points)

    # --- parts of the town

    def _levels(self, value: object) -> tuple[Name, ...]:
        if not isinstance(value, list) or not value:
            raise _unusable(
                "levels of [town]",
                value,
                'Give a list such as [ { zh = "镇", en = "Town" } ].',
                '请填列表，如 [ { zh = "镇", en = "Town" } ]。',
            )
        return tuple(self._name(level, f"level {index}", "[town]") for index, level in enumerate(value))

    def _name(self, value: object, key: str, place: str) -> Name:
        if isinstance(value, str) and value.strip():
            return Name(value, value)
        if not isinstance(value, dict) or not value:
            raise _unusable(f"{key} of {place}", value, 'Give { zh = "…", en = "…" }.', '请填 { zh = "…", en = "…" }。')
        self._known(value, ("zh", "en"), f"{key} of {place}", 0)
        zh, en = value.get("zh") or value.get("en"), value.get("en") or value.get("zh")
        return Name(self._string(zh, key, place), self._string(en, key, place))

    def _extent(self, value: object) -> tuple[float, float, float, float]:
        box = _numbers(value, 4)
        if box is None or not (-180 <= box[0] < box[2] <= 180 and -90 <= box[1] < box[3] <= 90):
            raise _unusable("extent of [town]", value, "Give [west, south, east, north] in degrees.", "请填 [西, 南, 东, 北]，单位为度。")
        return (box[0], box[1], box[2], box[3])

    def _timezone(self, value: str) -> None:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise _unusable("timezone of [town]", value, "Give a name such as Asia/Shanghai.", "请填时区名，如 Asia/Shanghai。") from error

    def _day(self, value: object, place: str) -> date:
        try:
            if isinstance(value, datetime):
                return value.date()
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError as error:
            raise _unusable(f"delivered_at of {place}", value, "Give a date such as 2026-09-23.", "请填日期，如 2026-09-23。") from error

    # --- kinds of value

    def _string(self, value: object, key: str, place: str) -> str:
        if not isinstance(value, str) or (not value.strip() and key != "key_prefix"):
            raise _unusable(f"{key} of {place}", value, "Give text in quotation marks.", "请填带引号的文字。")
        return value

    def _flag(self, value: object, key: str, place: str) -> bool:
        if not isinstance(value, bool):
            raise _unusable(f"{key} of {place}", value, "Give true or false.", "请填 true 或 false。")
        return value

    def _counted(self, value: object, key: str, place: str) -> int | None:
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        raise _unusable(f"{key} of {place}", value, "Give a number from 1 on.", "请填不小于 1 的整数。")

    def _scalar(self, value: object, place: str) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float | date):
            return str(value)
        raise _unusable(place, value, "Give one text, number, date, true or false.", "请只填一个文字、数值、日期、true 或 false。")

    def _strings(self, value: object, place: str) -> tuple[str, ...]:
        if isinstance(value, list):
            return tuple(self._scalar(item, place) for item in value)
        return (self._scalar(value, place),)

    def _section(self, value: object, key: str, place: str) -> dict[str, object]:
        if not isinstance(value, dict):
            raise _unusable(f"{key} of {place}", value, f'Give {key} = {{ name = "value" }}.', f'请填 {key} = {{ 名称 = "值" }}。')
        return value

    def _encoding(self, value: str, place: str) -> None:
        try:
            codecs.lookup(value)
        except LookupError as error:
            raise _unusable(
                f"encoding of {place}", value, "Give utf-8, gb18030, gbk, big5, …", "请填 utf-8、gb18030、gbk、big5 等。"
            ) from error

    # --- places and keys

    def _known(self, section: Mapping[str, object], known: Iterable[str], place: str, start: int) -> None:
        allowed = tuple(known)
        for key in section:
            if key not in allowed:
                line = self._at(key, start)
                at, at_zh = (f", line {line}", f"第 {line} 行") if line else ("", "")
                raise SettingsError(
                    f"Unknown key {key!r} in {place} of {self.path}{at}.", remedy=advice(key, allowed),
                    zh=f"{self.path} {at_zh}：{_chinese(place)} 中有未知的键 {key!r}。", zh_remedy=advice_zh(key, allowed),
                )  # fmt: skip

    def _needs(self, section: Mapping[str, object], keys: tuple[str, ...], place: str) -> None:
        missing = [key for key in keys if key not in section]
        if missing:
            raise SettingsError(
                f"{place} of {self.path} lacks {', '.join(missing)}.", remedy=f"Add {missing[0]} = … there.",
                zh=f"{self.path} 的 {_chinese(place)} 缺少 {'、'.join(missing)}。", zh_remedy=f"请在该处补上 {missing[0]} = …",
            )  # fmt: skip

    def _unique(self, names: list[str]) -> None:
        for name in names:
            if names.count(name) > 1:
                raise SettingsError(
                    f"{self.path} has two datasets called {name!r}.", remedy="Give each its own name; it becomes the source of its rows.",
                    zh=f"{self.path} 有两个数据集都叫 {name!r}。", zh_remedy="请各取一个名称；名称即其数据行的来源。",
                )  # fmt: skip

    def _line(self, header: str, index: int) -> int:
        """Position in `lines` of the `index`-th line that starts with `header`; 0 when there is none."""
        places = [number for number, line in enumerate(self.lines) if line.strip().startswith(header)]
        return places[index] if index < len(places) else 0

    def _at(self, key: str, start: int) -> int | None:
        """Number of the line at or below `start` in which `key` stands."""
        pattern = re.compile(rf"""(?:^|[\s{{,\["']){re.escape(key)}["']?\s*(?:=|\]|\.)""")
        for number, line in enumerate(self.lines[start:], start + 1):
            if pattern.search(line):
                return number
        return None


def _unusable(what: str, value: object, remedy: str, zh_remedy: str) -> SettingsError:
    return SettingsError(f"{what} is {value!r}.", remedy=remedy, zh=f"{_chinese(what)} 的值 {value!r} 不可用。", zh_remedy=zh_remedy)


def _chinese(place: str) -> str:
    """A place of the file as it is called in Chinese: "fields of [town]" is [town] 的 fields."""
    place = re.sub(r"^(.*?) of (\[.*?)( \(table (\w+)\))?$", lambda m: f"{m[2]}{f'（表 {m[4]}）' if m[4] else ''} 的 {m[1]}", place)
    return re.sub(r"level (\d+)", r"第 \1 级", re.sub(r"'number (\d+)'", r"第 \1 个", place)).replace("the top level", "最外层")


def _columns(contract: Table) -> tuple[str, ...]:
    return tuple(column.name for column in contract.all_columns if column.name not in ("source", "delivered_at"))


def _numbers(value: object, count: int) -> tuple[float, ...] | None:
    if not isinstance(value, list) or len(value) != count:
        return None
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in value):
        return None
    return tuple(float(number) for number in value)

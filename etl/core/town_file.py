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

from data.errors import SettingsError, SourceError, advice
from data.schema import Table, table

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
    return _Parser(path, _text(path)).town_file()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        near = sorted(other.name for other in path.parent.glob("*.toml"))
        known = f" Files there: {', '.join(near)}." if near else ""
        raise SourceError(f"The town file {path} does not exist.", remedy=f"Give the path of a TOWN.toml.{known}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"The town file {path} is not UTF-8 (byte {error.start}).", remedy="Save it as UTF-8.") from error


class _Parser:
    """One reading of one file; knows the text, so that an error can name the line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()
        try:
            self.values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{path} is not valid TOML: {error}.", remedy="Correct that place.") from error

    def town_file(self) -> TownFile:
        self._known(self.values, ("town", "dataset"), "the top level", 0)
        town = self.values.get("town")
        if not isinstance(town, dict):
            raise SettingsError(f"{self.path} has no [town] section.", remedy="Start it with [town], name, code and crs.")
        sections = self.values.get("dataset")
        if not isinstance(sections, list) or not sections:
            raise SettingsError(
                f"{self.path} has no [[dataset]].", remedy="Add a [[dataset]] with name, table and file for each delivered file."
            )
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
            raise SourceError(f"{place} of {self.path}: there is no file {whole}.", remedy=_nearest_file(whole))
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
            raise SettingsError(f"max_bad_share of {place} is {value!r}.", remedy="Give a share from 0 to 1, such as 0.05.")
        return float(value)

    def _points(self, value: object, place: str) -> tuple[tuple[float, float, float, float], ...]:
        rows = value if isinstance(value, list) else [value]
        points = tuple(numbers for row in rows if (numbers := _numbers(row, 4)))
        if len(points) != len(rows) or 0 < len(points) < 3:
            raise SettingsError(f"control_points of {place} is {value!r}.", remedy="Give at least three points as [[x, y, lon, lat], …].")
        return tuple((x, y, lon, lat) for x, y, lon, lat in points)

    # --- parts of the town

    def _levels(self, value: object) -> tuple[Name, ...]:
        if not isinstance(value, list) or not value:
            raise SettingsError(f"levels of [town] is {value!r}.", remedy='Give a list such as [ { zh = "镇", en = "Town" } ].')
        return tuple(self._name(level, f"level {index}", "[town]") for index, level in enumerate(value))

    def _name(self, value: object, key: str, place: str) -> Name:
        if isinstance(value, str) and value.strip():
            return Name(value, value)
        if not isinstance(value, dict) or not value:
            raise SettingsError(f"{key} of {place} is {value!r}.", remedy='Give { zh = "…", en = "…" }.')
        self._known(value, ("zh", "en"), f"{key} of {place}", 0)
        zh, en = value.get("zh") or value.get("en"), value.get("en") or value.get("zh")
        return Name(self._string(zh, key, place), self._string(en, key, place))

    def _extent(self, value: object) -> tuple[float, float, float, float]:
        box = _numbers(value, 4)
        if box is None or not (-180 <= box[0] < box[2] <= 180 and -90 <= box[1] < box[3] <= 90):
            raise SettingsError(f"extent of [town] is {value!r}.", remedy="Give [west, south, east, north] in degrees.")
        return (box[0], box[1], box[2], box[3])

    def _timezone(self, value: str) -> None:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise SettingsError(f"timezone of [town] is {value!r}.", remedy="Give a name such as Asia/Shanghai.") from error

    def _day(self, value: object, place: str) -> date:
        try:
            if isinstance(value, datetime):
                return value.date()
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError as error:
            raise SettingsError(f"delivered_at of {place} is {value!r}.", remedy="Give a date such as 2026-09-23.") from error

    # --- kinds of value

    def _string(self, value: object, key: str, place: str) -> str:
        if not isinstance(value, str) or (not value.strip() and key != "key_prefix"):
            raise SettingsError(f"{key} of {place} is {value!r}.", remedy="Give text in quotation marks.")
        return value

    def _flag(self, value: object, key: str, place: str) -> bool:
        if not isinstance(value, bool):
            raise SettingsError(f"{key} of {place} is {value!r}.", remedy="Give true or false.")
        return value

    def _counted(self, value: object, key: str, place: str) -> int | None:
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        raise SettingsError(f"{key} of {place} is {value!r}.", remedy="Give a number from 1 on.")

    def _scalar(self, value: object, place: str) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float | date):
            return str(value)
        raise SettingsError(f"{place} is {value!r}.", remedy="Give one text, number, date, true or false.")

    def _strings(self, value: object, place: str) -> tuple[str, ...]:
        if isinstance(value, list):
            return tuple(self._scalar(item, place) for item in value)
        return (self._scalar(value, place),)

    def _section(self, value: object, key: str, place: str) -> dict[str, object]:
        if not isinstance(value, dict):
            raise SettingsError(f"{key} of {place} is {value!r}.", remedy=f'Give {key} = {{ name = "value" }}.')
        return value

    def _encoding(self, value: str, place: str) -> None:
        try:
            codecs.lookup(value)
        except LookupError as error:
            raise SettingsError(f"encoding of {place} is {value!r}.", remedy="Give utf-8, gb18030, gbk, big5, …") from error

    # --- places and keys

    def _known(self, section: Mapping[str, object], known: Iterable[str], place: str, start: int) -> None:
        allowed = tuple(known)
        for key in section:
            if key not in allowed:
                raise SettingsError(f"Unknown key {key!r} in {place} of {self.path}{self._at(key, start)}.", remedy=advice(key, allowed))

    def _needs(self, section: Mapping[str, object], keys: tuple[str, ...], place: str) -> None:
        missing = [key for key in keys if key not in section]
        if missing:
            raise SettingsError(f"{place} of {self.path} lacks {', '.join(missing)}.", remedy=f"Add {missing[0]} = … there.")

    def _unique(self, names: list[str]) -> None:
        for name in names:
            if names.count(name) > 1:
                raise SettingsError(
                    f"{self.path} has two datasets called {name!r}.", remedy="Give each its own name; it becomes the source of its rows."
                )

    def _line(self, header: str, index: int) -> int:
        """Position in `lines` of the `index`-th line that starts with `header`; 0 when there is none."""
        places = [number for number, line in enumerate(self.lines) if line.strip().startswith(header)]
        return places[index] if index < len(places) else 0

    def _at(self, key: str, start: int) -> str:
        pattern = re.compile(rf"""(?:^|[\s{{,\["']){re.escape(key)}["']?\s*(?:=|\]|\.)""")
        for number, line in enumerate(self.lines[start:], start + 1):
            if pattern.search(line):
                return f", line {number}"
        return ""


def _columns(contract: Table) -> tuple[str, ...]:
    return tuple(column.name for column in contract.all_columns if column.name not in ("source", "delivered_at"))


def _numbers(value: object, count: int) -> tuple[float, ...] | None:
    if not isinstance(value, list) or len(value) != count:
        return None
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in value):
        return None
    return tuple(float(number) for number in value)


def find_files(base: Path, pattern: str) -> list[Path]:
    """Existing files (or folders such as .gdb) that `pattern` names below `base`, sorted; lock files of office programs left out.

    Members of an archive ("a.zip/*.shp") stand for the archive.
    """
    archive, inside, _ = pattern.partition(".zip/")
    whole = base / (f"{archive}.zip" if inside else pattern)
    if whole.exists():
        return [whole.resolve()]
    fixed, *rest = _split(whole)
    if not rest:
        return []
    return sorted(path.resolve() for path in Path(fixed).glob("/".join(rest)) if not path.name.startswith(("~$", ".~")))


def _split(whole: Path) -> list[str]:
    """The folder before the first wildcard, then the remaining parts; only the path itself when it has no wildcard."""
    parts = whole.parts
    for index, part in enumerate(parts):
        if any(sign in part for sign in "*?["):
            return [str(Path(*parts[:index])), *parts[index:]]
    return [str(whole)]


def _nearest_file(whole: Path) -> str:
    folder = whole.parent
    while not folder.exists():
        folder = folder.parent
    names = [path.name for path in folder.iterdir()]
    if not names:
        return f"The folder {folder} is empty; put the file there or correct the path."
    return f"In {folder}: {advice(whole.name, names)}"

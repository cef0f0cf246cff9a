"""The contract of a source plug-in: everything that a file of `etl/sources/` may import.

A plug-in declares `SOURCE = Source(...)`; adding the file is the whole job. Its `read` opens one delivered file and yields one
`Reading` for each sheet or layer of it, whose batches stream.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from data.errors import SourceError, advice, advice_zh
from etl.core import dbf, lines
from etl.core.encoding import Verdict, decide_encoding, text_encoding
from etl.core.evidence import Evidence
from etl.core.paths import Delivered, Dsn, gdal_path, sibling
from etl.core.table import TOTALS, Head, HeaderPlan, Row, find_header, is_note, is_total, number_duplicates, tidy
from etl.core.vector import as_text, chosen_layers, vector_batches, vector_info

__all__ = [
    "TOTALS",
    "Damaged",
    "Delivered",
    "Dsn",
    "Evidence",
    "Head",
    "HeaderPlan",
    "ReadOptions",
    "Reading",
    "Row",
    "Source",
    "SourceError",
    "Verdict",
    "advice",
    "advice_zh",
    "as_text",
    "chosen_layers",
    "dbf",
    "decide_encoding",
    "find_header",
    "gdal_path",
    "header_names",
    "is_note",
    "is_total",
    "lines",
    "number_duplicates",
    "sibling",
    "text_encoding",
    "tidy",
    "vector_batches",
    "vector_info",
    "vector_reading",
]

WKB = "__wkb"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the steward's TOML says about one dataset; everything unset is detected.

    `where` keeps the rows whose raw column holds one of the values ("*": any non-empty one). `wanted` are headers that the mapping
    names: formats with open-ended attributes (OSM tags) bring these out as columns beside the usual ones.
    """

    layer: str | None = None  # layer name or pattern; "*": all layers
    sheet: str | None = None
    encoding: str | None = None
    where: Mapping[str, tuple[str, ...]] | None = None
    header_rows: int | None = None  # how many rows the header has
    header_row: int | None = None  # number of the first header row, as the spreadsheet counts
    wanted: tuple[str, ...] = ()
    batch_rows: int = 65_536


@dataclass(frozen=True, slots=True)
class Damaged:
    """A row that could not be read: the contract stage puts it into quarantine."""

    row: int
    text: str
    reason_en: str
    reason_zh: str

    @property
    def reason(self) -> str:
        """The reason in English."""
        return self.reason_en


@dataclass(frozen=True, slots=True)
class Reading:
    """One file, or one sheet or layer of it, opened for reading.

    `headers` are as found: the parts of a two-row header joined with "/" (see `header_names`), duplicates numbered "_2", "_3" …
    `batches` stream: every attribute as string under its header (NULL where empty), `__row` int64 and `__wkb` binary (NULL where
    there is no geometry). `damaged` and `notes` fill up while the batches are read and are complete when these are exhausted.
    """

    file: str  # as the steward wrote it, relative to the TOML
    sheet: str | None
    headers: tuple[str, ...]
    batches: Iterator[Any]  # of pyarrow.RecordBatch
    crs: str | None  # authority code, WKT or PROJ text; None when the file says nothing
    encoding: str | None
    evidence: tuple[str, ...] = ()
    source: str = ""  # name of the plug-in
    rows: int | None = None  # expected number of rows, for progress bars; None when unknown before reading
    damaged: list[Damaged] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    head: Head | None = None  # what stands above the rows; None where that is only the headers


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of delivered file. `read` yields Readings or raises SourceError naming file, cause and remedy."""

    name: str
    zh: str
    suffixes: tuple[str, ...]  # lower case, with the dot; a "scheme://" for a database
    read: Callable[[Any, ReadOptions], Iterator[Reading]]  # a Delivered, or a Dsn for a database
    folder: bool = False  # the delivered thing is a folder with that suffix


def header_names(header: str) -> tuple[str, ...]:
    """Names under which a found header may be recognised: itself; for "户主/姓名" also "户主姓名" and "姓名"."""
    if "/" not in header:
        return (header,)
    parts = header.split("/")
    return (header, "".join(parts), parts[-1])


def vector_reading(
    path: Delivered,
    layer: str | None,
    options: ReadOptions,
    *,
    evidence: tuple[str, ...] = (),
    text: str | None = None,
    drop: Collection[str] = (),
    sheet: str | None = "",
    **driver: Any,
) -> Reading:
    """A Reading of one GDAL layer without the columns `drop`.

    `text` is the encoding of strings that turn out not to be UTF-8; `driver` are open options of the GDAL driver; `sheet` is the
    layer's name unless given.
    """
    info = vector_info(gdal_path(path), layer, drop=drop, **driver)
    notes: list[str] = []
    batches = vector_batches(gdal_path(path), layer, info, batch_rows=options.batch_rows, notes=notes, text=text, **driver)
    return Reading(
        file=path.name, sheet=layer if sheet == "" else sheet, headers=info.headers, batches=batches, crs=info.crs,
        encoding=text or info.encoding, evidence=evidence, rows=info.features, notes=notes,
    )  # fmt: skip

"""Delimited text: .csv, .tsv, .txt in any encoding, with any of , ; tab | between cells. Nothing is lost silently."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from etl.core.spec import (
    TOTALS,
    Damaged,
    Delivered,
    Evidence,
    Head,
    HeaderPlan,
    Reading,
    ReadOptions,
    Source,
    SourceError,
    Verdict,
    find_header,
    lines,
    number_duplicates,
    text_encoding,
)  # fmt: skip

_DELIMITERS = (",", "\t", ";", "|")
_HEAD = 1 << 20
_JUDGED = 2000  # records by which the header and the width of the rows are judged
_NAMES = {",": ("comma", "逗号"), "\t": ("tab", "制表符"), ";": ("semicolon", "分号"), "|": ("bar", "竖线")}
Cells = list[str | None]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the file is to be cut into rows and cells."""

    encoding: str
    bom: int  # bytes
    delimiter: str
    header: HeaderPlan
    headers: tuple[str, ...]
    head: Head


def read(path: Delivered, options: ReadOptions) -> Iterator[Reading]:
    """One Reading; lines that cannot be cut into the header's cells or decoded go to `damaged`."""
    verdict, bom = text_encoding(path, options.encoding)
    plan, expected = _planned(path, options, verdict, bom)
    zh_en = _NAMES.get(plan.delimiter, (plan.delimiter, plan.delimiter))
    found = Evidence(
        f"cells separated by {zh_en[0]}, header in line {plan.header.first + 1}", f"以{zh_en[1]}分隔，表头位于第 {plan.header.first + 1} 行"
    )
    damaged: list[Damaged] = []
    notes: list[str] = []
    yield Reading(
        file=path.name, sheet=None, headers=plan.headers, crs=None, encoding=plan.encoding, evidence=(*verdict.evidence, found),
        batches=_batches(path, plan, damaged, notes), rows=expected, damaged=damaged, notes=notes, head=plan.head,
    )  # fmt: skip


def _planned(path: Delivered, options: ReadOptions, verdict: Verdict, bom: int) -> tuple[_Plan, int | None]:
    with path.open("rb") as handle:
        handle.read(bom)
        start = handle.read(_HEAD)
    ended = start if len(start) < _HEAD else start[: start.rfind(b"\n") + 1] or start
    text = ended.decode(verdict.encoding, "replace").replace("\x00", "")
    delimiter = _delimiter(path.name, text)
    raw = io.BytesIO(text.encode())
    first = next(lines.blocks(raw, "utf-8", delimiter, 1, size=_HEAD * 4), None)
    records = [_cells(record, delimiter) or [] for record in islice(_records(first), _JUDGED)] if first else []
    header = find_header(records, header_row=_record_of(first, options.header_row), header_rows=options.header_rows)
    if header is None or first is None:
        raise SourceError(f"{path.name} is empty.", remedy="Ask for it again.", zh=f"{path.name} 是空的。", zh_remedy="请重新提供。")
    widths = Counter(len(cells) for cells in records[header.data :] if any(cells))
    headers = _fitted(header.headers, widths)
    size = getattr(path, "stat", lambda: None)()
    expected = round(size.st_size * len(first.starts) / max(len(ended), 1)) if size else None
    head = Head(tuple(map(tuple, records[: header.data])), header.first)
    return _Plan(verdict.encoding, bom, delimiter, header, headers, head), expected


def _record_of(block: lines.Block | None, line: int | None) -> int | None:
    """Number of the record (from 1) that starts in `line` of the file."""
    return int(np.searchsorted(block.lines, line)) + 1 if block is not None and line else None


def _fitted(headers: tuple[str, ...], widths: Counter[int]) -> tuple[str, ...]:
    """Headers for as many cells as the rows have: further ones where rows end in delimiters, fewer where only the header does."""
    usual = widths.most_common(1)[0][0] if widths else len(headers)
    if usual > len(headers):
        return number_duplicates([*headers, *[""] * (usual - len(headers))])
    nameless = all(name.startswith("column_") for name in headers[usual:])
    return headers[:usual] if nameless and usual else headers


def _delimiter(name: str, text: str) -> str:
    """The delimiter that cuts most of the first lines into the same number of cells; more cells win."""
    sample = [line for line in text.splitlines()[:200] if line.strip()][:50]
    if text.startswith("sep=") and len(text) > 4:
        return text[4]
    best, best_score = ("\t" if name.lower().endswith(".tsv") else ","), 0.0
    for delimiter in _DELIMITERS:
        counts = Counter(len(row) for row in csv.reader(sample, delimiter=delimiter) if row)
        width, rows = max(counts.items(), key=lambda item: (item[1] if item[0] > 1 else 0, item[0]), default=(1, 0))
        score = (width > 1) * (rows / max(len(sample), 1) + width / 1000)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _records(block: lines.Block) -> Iterator[str]:
    edges = [*block.starts.tolist(), len(block.data)]
    return (block.data[a:b].decode("utf-8", "replace") for a, b in pairwise(edges))


def _cells(record: str, delimiter: str) -> Cells | None:
    """Cells of one record; None when its quotes cannot be understood."""
    try:
        rows = list(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter))
    except csv.Error:
        return None
    return [cell or None for cell in rows[0]] if len(rows) == 1 else None if rows else []


def _batches(path: Delivered, plan: _Plan, damaged: list[Damaged], notes: list[str]) -> Iterator[pa.RecordBatch]:
    dropped: Counter[str] = Counter()
    skip = plan.header.data
    with path.open("rb") as handle:
        handle.read(plan.bom)
        for block in lines.blocks(handle, plan.encoding, plan.delimiter, 1):
            damaged.extend(_unreadable(block, plan))
            here = min(skip, len(block.starts))
            skip -= here
            if here < len(block.starts):
                yield _without_empty(_parsed(_below(block, here), plan, damaged, dropped), dropped)
    notes.extend(_said(dropped, len(damaged)))


def _below(block: lines.Block, records: int) -> lines.Block:
    if records == 0:
        return block
    start = int(block.starts[records])
    return lines.Block(block.data[start:], block.starts[records:] - start, block.lines[records:], block.quoted)


def _unreadable(block: lines.Block, plan: _Plan) -> Iterator[Damaged]:
    for line, text, why in block.bad:
        if why == "quote":
            yield Damaged(line, text, "a quotation mark opens a cell and never closes", "引号未闭合")
        else:
            yield Damaged(line, text, f"the line is no {plan.encoding.upper()} text", f"该行无法按 {plan.encoding.upper()} 解码")


def _parsed(block: lines.Block, plan: _Plan, damaged: list[Damaged], dropped: Counter[str]) -> pa.RecordBatch:
    """Rows of a block; the fast parser first, record by record where it stumbles."""
    if b"\x00" in block.data:
        dropped["nul"] += block.data.count(b"\x00")
        return _slowly(block, plan, damaged)
    sizes = np.diff(np.append(block.starts, len(block.data)))
    full = np.flatnonzero((sizes > 2) | ((sizes == 2) & (np.frombuffer(block.data, np.uint8)[block.starts] != 13)))
    table = _arrow(block, plan)
    if table is None or table.num_rows != len(full):
        return _slowly(block, plan, damaged)
    arrays = [column.combine_chunks() if column.num_chunks != 1 else column.chunk(0) for column in table.columns]
    return _batch(arrays, block.lines[full], plan.headers)


def _arrow(block: lines.Block, plan: _Plan) -> pa.Table | None:
    names = [str(index) for index in range(len(plan.headers))]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(block.data),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=len(block.data) + 1),
            parse_options=arrow_csv.ParseOptions(delimiter=plan.delimiter, newlines_in_values=block.quoted),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        return None


def _slowly(block: lines.Block, plan: _Plan, damaged: list[Damaged]) -> pa.RecordBatch:
    width = len(plan.headers)
    rows: list[Cells] = []
    numbers: list[int] = []
    for line, record in zip(block.lines.tolist(), _records(block), strict=True):
        cells = _cells(record.replace("\x00", ""), plan.delimiter)
        while cells and len(cells) > width and cells[-1] is None:
            cells.pop()
        if cells == []:
            continue
        if cells is None or len(cells) != width:
            damaged.append(_ragged(line, record, cells, width))
            continue
        rows.append(cells)
        numbers.append(line)
    columns = [pa.array([row[index] for row in rows], pa.string()) for index in range(width)]
    return _batch(columns, np.array(numbers, np.int64), plan.headers)


def _ragged(line: int, record: str, cells: Cells | None, width: int) -> Damaged:
    text = record.rstrip("\r\n")
    if cells is None:
        return Damaged(line, text, "the quotation marks of the line cannot be understood", "该行引号无法识别")
    return Damaged(line, text, f"{len(cells)} cells where the header has {width}", f"该行有 {len(cells)} 列，表头有 {width} 列")


def _batch(columns: Sequence[pa.Array], numbers: np.ndarray, headers: Sequence[str]) -> pa.RecordBatch:
    arrays = [*columns, pa.array(numbers, pa.int64()), pa.nulls(len(numbers), pa.binary())]
    return pa.RecordBatch.from_arrays(arrays, names=[*headers, "__row", "__wkb"])


def _without_empty(batch: pa.RecordBatch, dropped: Counter[str]) -> pa.RecordBatch:
    """The batch without rows that hold nothing and without total rows."""
    width = batch.num_columns - 2
    empty = pc.is_null(batch.column(0))
    for index in range(1, width):
        if not pc.any(empty).as_py():
            break
        empty = pc.and_(empty, pc.is_null(batch.column(index)))
    total = pa.array(np.zeros(batch.num_rows, bool))
    for index in range(min(width, 3)):
        total = pc.or_(total, pc.is_in(batch.column(index), value_set=TOTALS))
    gone = pc.or_(empty, total)
    dropped["empty"] += pc.sum(empty).as_py() or 0
    dropped["total"] += pc.sum(total).as_py() or 0
    return batch.filter(pc.invert(gone)) if pc.any(gone).as_py() else batch


def _said(dropped: Counter[str], damaged: int) -> Iterator[Evidence]:
    if damaged:
        yield Evidence(f"{damaged} lines could not be read", f"{damaged} 行无法读取")
    if dropped["empty"]:
        yield Evidence(f"{dropped['empty']} rows without any value left out", f"{dropped['empty']} 个空行未读取")
    if dropped["total"]:
        yield Evidence(f"{dropped['total']} total rows (合计, 小计) left out", f"{dropped['total']} 个合计/小计行未读取")
    if dropped["nul"]:
        yield Evidence(f"{dropped['nul']} NUL characters removed", f"已去除 {dropped['nul']} 个 NUL 字符")


SOURCE = Source(name="csv", zh="文本表格", suffixes=(".csv", ".tsv", ".txt"), read=read)

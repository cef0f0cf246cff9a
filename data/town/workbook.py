"""One .xlsx a village as an office would make it: merged title, header in two rows, 序号 column, 合计 row; written as XML for speed.

Rows of many villages are turned into cells at once and then cut, because half a million cells one by one take longer than the town.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.town.writers import Columns, filled

FIRST_ROW = 4  # title, group headers, headers
_EPOCH = np.datetime64("1899-12-30", "D")


@dataclass(frozen=True, slots=True)
class Group:
    """A cell of the upper header row, over `headers`; with an empty title each header takes both rows."""

    title: str
    headers: tuple[str, ...]


def letter(column: int) -> str:
    """Name of a column, 0 being A."""
    return (chr(64 + column // 26) if column >= 26 else "") + chr(65 + column % 26)


def serial_dates(days: np.ndarray) -> pa.Array:
    """Dates as Excel counts them; text of the number, empty for missing."""
    known = ~np.isnat(days)
    number = np.where(known, (days.astype("M8[D]") - _EPOCH).astype(np.int64), 0)
    return pc.if_else(pa.array(known), pc.cast(pa.array(number), pa.string()), "")


def cell_rows(columns: Columns, row: np.ndarray, dates: Sequence[str] = ()) -> pa.Array:
    """XML of one row for each line of the columns, at sheet row `row`; a serial number comes first. Headers in `dates` are date cells."""
    number = pc.cast(pa.array(row), pa.string())
    serial = pc.cast(pa.array(row - FIRST_ROW + 1), pa.string())
    cells = [_join('<row r="', number, '"><c r="A', number, '"><v>', serial, "</v></c>")]
    for place, (header, column) in enumerate(columns.items(), start=1):
        kind = ('" s="1"><v>', "</v></c>") if header in dates else ('" t="inlineStr"><is><t>', "</t></is></c>")
        text = filled(column)
        cells.append(pc.if_else(pc.equal(text, ""), "", _join(f'<c r="{letter(place)}', number, kind[0], text, kind[1])))
    return _join(*cells, "</row>")


def _join(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def write_workbook(
    path: Path, title: str, sheet: str, groups: Sequence[Group], rows: pa.Array, total: dict[int, str], written: date
) -> None:
    """The file. `rows` come from `cell_rows`; `total` gives cells of the 合计 row by column number, beside its label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width = sum(len(group.headers) for group in groups)
    head, merges = _header(title, groups, width)
    last = FIRST_ROW + len(rows)
    cells = _text(f"A{last}", "合计") + "".join(_text(f"{letter(place)}{last}", text) for place, text in sorted(total.items()))
    body = "".join([_SHEET, head, *rows.to_pylist(), f'<row r="{last}">{cells}</row>', _END % (len(merges), "".join(merges))])
    files = {**_FIXED, "xl/workbook.xml": _BOOK % sheet, "xl/worksheets/sheet1.xml": body}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name, (written.year, written.month, written.day, 9, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode(), compresslevel=1)


def _header(title: str, groups: Sequence[Group], width: int) -> tuple[str, list[str]]:
    upper: list[str] = []
    lower: list[str] = []
    merges, place = [f'<mergeCell ref="A1:{letter(width - 1)}1"/>'], 0
    for group in groups:
        end = place + len(group.headers) - 1
        if group.title:
            upper.append(_text(f"{letter(place)}2", group.title))
            merges += [f'<mergeCell ref="{letter(place)}2:{letter(end)}2"/>'] * (end > place)
        for offset, header in enumerate(group.headers):
            column = letter(place + offset)
            (lower if group.title else upper).append(_text(f"{column}{3 if group.title else 2}", header))
            merges += [] if group.title else [f'<mergeCell ref="{column}2:{column}3"/>']
        place = end + 1
    rows = (_text("A1", title), "".join(upper), "".join(lower))
    return "".join(f'<row r="{number}">{cells}</row>' for number, cells in enumerate(rows, start=1)), merges


def _text(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'
_END = '</sheetData><mergeCells count="%d">%s</mergeCells></worksheet>'
_BOOK = f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="%s" sheetId="1" r:id="rId1"/></sheets></workbook>'
_FIXED = {
    "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}

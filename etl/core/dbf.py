"""dBASE tables (.dbf), read exactly: numbers keep the digits that were written, deleted rows are left out, memory stays flat.

GDAL turns wide numeric fields into floats, which ruins 18-digit ID numbers, and mangles text whose encoding it guessed wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import SourceError
from etl.core.encoding import LDID, Verdict, decide_encoding, decodes
from etl.core.evidence import Evidence
from etl.core.table import number_duplicates

__all__ = ["LDID", "Dbf", "DbfField", "DbfNotes", "chunks", "column", "judge", "read_header"]

Records = npt.NDArray[np.uint8]
SAMPLED = 20_000  # values with non-ASCII text that the encoding is judged by, about


@dataclass(frozen=True, slots=True)
class DbfField:
    """One field: its eleven raw name bytes, type letter, offset in the record and width in bytes."""

    raw_name: bytes
    kind: str
    offset: int
    width: int

    @property
    def name(self) -> bytes:
        """The name up to its first NUL."""
        return self.raw_name.split(b"\x00")[0].strip()

    def title(self, encoding: str) -> str:
        """The name in `encoding`."""
        return (self.raw_name if encoding.startswith("utf-16") else self.name).decode(encoding, "ignore").strip("\x00 ")


@dataclass(frozen=True, slots=True)
class Dbf:
    """Header of a dBASE table."""

    fields: tuple[DbfField, ...]
    records: int
    start: int
    record_size: int
    ldid: int

    def headers(self, encoding: str) -> tuple[str, ...]:
        """Field names in `encoding`; a character cut at the tenth byte is left out; duplicates numbered."""
        return number_duplicates(field.title(encoding) for field in self.fields)


def read_header(handle: IO[bytes], name: str) -> Dbf:
    """The header of an open .dbf. Raises SourceError when it is damaged."""
    head = handle.read(32)
    start, size = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
    if len(head) < 32 or start < 33 or size < 1:
        raise SourceError(
            f"{name} has no dBASE header.", remedy="Ask the sender to export it again.",
            zh=f"{name} 没有 dBASE 文件头。", zh_remedy="请对方重新导出。",
        )  # fmt: skip
    raw = handle.read(start - 32)
    fields: list[DbfField] = []
    offset = 1
    for position in range(0, len(raw) - 31, 32):
        entry = raw[position : position + 32]
        if entry[0] == 0x0D:
            break
        kind = chr(entry[11])
        width = entry[16] + (entry[17] << 8 if kind == "C" else 0)
        fields.append(DbfField(entry[:11], kind, offset, width))
        offset += width
    if not fields or offset > size + 1:
        raise SourceError(
            f"{name}: the dBASE header is damaged (fields of {offset} bytes, records of {size}).", remedy="Ask for it again.",
            zh=f"{name}：dBASE 文件头已损坏（字段共 {offset} 字节，每条记录 {size} 字节）。", zh_remedy="请对方重新发送。",
        )  # fmt: skip
    return Dbf(tuple(fields), int.from_bytes(head[4:8], "little"), start, size, head[29])


def chunks(handle: IO[bytes], dbf: Dbf, rows: int) -> Iterator[Records]:
    """Blocks of up to `rows` whole records as a matrix (records, bytes), from the current position (behind the header)."""
    left = dbf.records
    while left > 0:
        block = handle.read(min(rows, left) * dbf.record_size)
        whole = len(block) // dbf.record_size
        if whole == 0:
            return
        yield np.frombuffer(block, np.uint8, whole * dbf.record_size).reshape(whole, dbf.record_size)
        left -= whole


def judge(handle: IO[bytes], dbf: Dbf, name: str, hints: list[tuple[str, str]], declared: str | None) -> Verdict:
    """The encoding of the table's text, from field names and some 20 000 values that hold more than ASCII."""
    weak = [("LDID 0x57 (ANSI of that machine)", "cp1252")] if dbf.ldid == 0x57 else []
    values = [field.name for field in dbf.fields if not field.name.isascii()]
    text = [field for field in dbf.fields if field.kind == "C"]
    seen = len(dbf.fields)
    for block in chunks(handle, dbf, 65_536):
        seen += len(block) * len(text)
        rows = block[(block >= 0x80).any(axis=1)]
        for row in rows[: max(SAMPLED - len(values), 0) // max(len(text), 1) + 1]:
            cells = (row[f.offset : f.offset + f.width].tobytes().strip(b" \x00") for f in text)
            values.extend(cell for cell in cells if not cell.isascii())
        if len(values) >= SAMPLED:
            break
    return decide_encoding(values, name=name, declared=declared, hints=hints, weak=weak, total=seen, cut=True)


@dataclass(slots=True)
class DbfNotes:
    """What decoding met; filled while columns are read."""

    cut: int = 0
    bad: int = 0
    overflow: int = 0
    memo: tuple[str, ...] = ()

    def sentences(self, encoding: str) -> Iterator[Evidence]:
        """What the steward has to know about the values."""
        if self.cut:
            yield Evidence(f"{self.cut} values were cut inside their last character", f"{self.cut} 个值在最后一个字中间被截断")
        if self.bad:
            yield Evidence(
                f"{self.bad} values hold bytes that are no {encoding.upper()}; shown as \ufffd",
                f"{self.bad} 个值含有无法按 {encoding.upper()} 解码的字节，以 \ufffd 表示",
            )
        if self.overflow:
            yield Evidence(
                f"{self.overflow} numbers overflowed their field (****): left empty",
                f"{self.overflow} 个数值超出字段宽度（****），按空值处理",
            )
        if self.memo:
            yield Evidence(f"memo fields are not read: {', '.join(self.memo)}", f"备注型字段未读取：{'、'.join(self.memo)}")


def column(block: Records, field: DbfField, encoding: str, notes: DbfNotes) -> pa.Array:
    """One field of a block as strings, NULL where empty."""
    if field.kind in "IO+@BTY" and field.width in (4, 8):
        return _binary(block, field)
    text = _trimmed(block, field)
    if field.kind == "C":
        return _decoded(text, field.width, encoding, notes)
    ascii_only = text.cast(pa.string()) if _is_ascii(text) else _decoded(text, field.width, encoding, notes)
    if field.kind in "NF":
        return _numbers(ascii_only, notes)
    if field.kind == "D":
        return _dates(ascii_only)
    if field.kind == "L":
        return _logical(ascii_only)
    return pa.nulls(len(block), pa.string())  # memo, picture and general fields stand in another file


def _trimmed(block: Records, field: DbfField) -> pa.Array:
    cells = np.ascontiguousarray(block[:, field.offset : field.offset + field.width])
    offsets = np.arange(0, cells.size + 1, max(field.width, 1), dtype=np.int32)
    raw = pa.StringArray.from_buffers(len(block), pa.py_buffer(offsets), pa.py_buffer(cells))
    trimmed = pc.ascii_trim(raw, characters=" \x00\t\r\n")
    empty = pc.equal(pc.binary_length(trimmed.view(pa.binary())), 0)
    return pc.if_else(empty, pa.scalar(None, pa.binary()), trimmed.view(pa.binary()))


def _is_ascii(raw: pa.Array) -> bool:
    return bool(pc.all(pc.string_is_ascii(raw.view(pa.string())), skip_nulls=True).as_py() is not False)


def _decoded(raw: pa.Array, width: int, encoding: str, notes: DbfNotes) -> pa.Array:
    if _is_ascii(raw) and not encoding.startswith("utf-16"):
        return raw.cast(pa.string())
    unique = raw.dictionary_encode()
    counts = np.bincount(unique.indices.fill_null(len(unique.dictionary)).to_numpy(), minlength=len(unique.dictionary))
    texts = [_text(value, width, encoding, int(n), notes) for value, n in zip(unique.dictionary.to_pylist(), counts, strict=False)]
    return pa.array(texts, pa.string()).take(unique.indices)


def _text(value: bytes, width: int, encoding: str, occurrences: int, notes: DbfNotes) -> str:
    try:
        return value.decode(encoding)
    except UnicodeDecodeError:
        if len(value) >= width - 1 and decodes(value, encoding, cut=True):
            notes.cut += occurrences
            return value.decode(encoding, "ignore")
        notes.bad += occurrences
        return value.decode(encoding, "replace")


def _numbers(text: pa.Array, notes: DbfNotes) -> pa.Array:
    """Digits as written, without a decimal part of zeros; exponents written out; overflow marks as NULL."""
    stars = pc.starts_with(text, "*")
    overflowing = pc.sum(stars).as_py() or 0
    if overflowing:
        notes.overflow += overflowing
        text = pc.if_else(stars, pa.scalar(None, pa.string()), text)
    if pc.any(pc.match_substring_regex(text, "[eE]")).as_py():
        return pa.array([_expanded(value) for value in text.to_pylist()], pa.string())
    whole = pc.replace_substring_regex(text, r"\.0*$", "")
    short = pc.replace_substring_regex(whole, r"(\.\d*[1-9])0+$", r"\1")
    noisy = pc.fill_null(pc.match_substring_regex(short, r"^-?\d*\.\d{10,}$"), False)  # a float written out: 115.480000000000004
    if not pc.any(noisy).as_py():
        return short
    return pc.if_else(noisy, pc.if_else(noisy, short, None).cast(pa.float64()).cast(pa.string()), short)


def _expanded(value: str | None) -> str | None:
    try:
        number = float(value) if value else None
    except ValueError:
        return value
    if number is None:
        return None
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _dates(text: pa.Array) -> pa.Array:
    iso = pc.replace_substring_regex(text, r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3")
    return pc.if_else(pc.equal(iso, "0000-00-00"), pa.scalar(None, pa.string()), iso)


def _logical(text: pa.Array) -> pa.Array:
    upper = pc.utf8_upper(text)
    yes = pc.is_in(upper, value_set=pa.array(["T", "Y"]))
    no = pc.is_in(upper, value_set=pa.array(["F", "N"]))
    return pc.if_else(yes, pa.scalar("Y"), pc.if_else(no, pa.scalar("N"), pa.scalar(None, pa.string())))


def _binary(block: Records, field: DbfField) -> pa.Array:
    """Visual FoxPro's binary numbers: I and + integers, B and O doubles, Y currency in ten-thousandths; times stay unread."""
    cells = np.ascontiguousarray(block[:, field.offset : field.offset + field.width])
    if field.width == 4:
        return pa.array(cells.view("<i4").ravel()).cast(pa.string())
    if field.kind in "BO":
        return pa.array([_expanded(repr(value)) for value in cells.view("<f8").ravel().tolist()], pa.string())
    if field.kind == "Y":
        return pa.array([_expanded(repr(value / 10_000)) for value in cells.view("<i8").ravel().tolist()], pa.string())
    return pa.nulls(len(block), pa.string())

"""Delimited text as a stream of whole records: UTF-8 blocks that end at a record's end, with the line number of every record.

A quoted cell may hold line breaks. A quote that never closes would swallow the rest of the file, so a record of more than 200 lines
counts as damaged at its first line and reading goes on below it.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt

BLOCK = 8 << 20
LONGEST = 200  # lines that one record may span
_NEWLINE, _QUOTE = 10, 34


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records as UTF-8. `starts` are byte offsets of the records, `lines` their line numbers (from 1), `quoted` whether any
    cell may hold a line break; `bad` are (line, raw text) of lines that the encoding cannot decode or that open a quote for good."""

    data: bytes
    starts: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64]
    quoted: bool
    bad: tuple[tuple[int, str, str], ...] = ()


def utf8_pieces(handle: IO[bytes], encoding: str, size: int = BLOCK) -> Iterator[tuple[bytes, tuple[tuple[int, str], ...]]]:
    """(UTF-8 text that ends with a line, undecodable lines as (index in the piece, text with \ufffd)), from the handle's position."""
    if encoding.startswith(("utf-16", "utf-32")):
        yield from _wide_pieces(handle, encoding, size)
        return
    rest = b""
    while chunk := handle.read(size):
        cut = chunk.rfind(b"\n") + 1
        if cut == 0:
            rest += chunk
            continue
        yield _recoded(rest + chunk[:cut], encoding)
        rest = chunk[cut:]
    if rest:
        yield _recoded(rest + b"\n", encoding)


def _recoded(raw: bytes, encoding: str) -> tuple[bytes, tuple[tuple[int, str], ...]]:
    try:
        text = raw.decode(encoding)
        return (raw if encoding == "utf-8" else text.encode()), ()
    except UnicodeDecodeError:
        return _line_by_line(raw, encoding)


def _line_by_line(raw: bytes, encoding: str) -> tuple[bytes, tuple[tuple[int, str], ...]]:
    """Decodes each line alone; those that fail become empty lines and are handed out beside the text."""
    good: list[bytes] = []
    bad: list[tuple[int, str]] = []
    for index, line in enumerate(raw.split(b"\n")[:-1]):
        try:
            good.append(line.decode(encoding).encode())
        except UnicodeDecodeError:
            good.append(b"")
            bad.append((index, line.decode(encoding, "replace").rstrip("\r")))
    return b"\n".join(good) + b"\n", tuple(bad)


def _wide_pieces(handle: IO[bytes], encoding: str, size: int) -> Iterator[tuple[bytes, tuple[tuple[int, str], ...]]]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    rest = ""
    while chunk := handle.read(size):
        text = rest + decoder.decode(chunk)
        cut = text.rfind("\n") + 1
        rest = text[cut:]
        if cut:
            yield text[:cut].encode(), ()
    if rest := rest + decoder.decode(b"", final=True):
        yield f"{rest}\n".encode(), ()


def blocks(handle: IO[bytes], encoding: str, delimiter: str, first_line: int, size: int = BLOCK) -> Iterator[Block]:
    """Blocks of whole records, from the handle's position, which is the start of line `first_line`."""
    line, rest = first_line, b""
    bad: list[tuple[int, str, str]] = []
    for piece, undecodable in utf8_pieces(handle, encoding, size):
        base = line + rest.count(b"\n")
        bad.extend((base + index, text, "encoding") for index, text in undecodable)
        data = rest + _newlines(piece)
        block, used = _split(data, line, delimiter, bad)
        line += data.count(b"\n", 0, used)
        rest, bad = data[used:], []
        yield block
    while rest:  # an open quote at the end of the file
        bad = [(line, rest[: rest.find(b"\n")].decode(), "quote")]
        below = rest[rest.find(b"\n") + 1 :]
        line += 1
        block, used = _split(below, line, delimiter, bad)
        line += below.count(b"\n", 0, used)
        rest = below[used:]
        yield block


def _newlines(piece: bytes) -> bytes:
    return piece.replace(b"\r", b"\n") if b"\r" in piece and b"\r\n" not in piece and piece.count(b"\n") <= 1 else piece


def _split(data: bytes, line: int, delimiter: str, bad: list[tuple[int, str, str]]) -> tuple[Block, int]:
    """The whole records of `data` (which ends with a line) and how many bytes they take."""
    view = np.frombuffer(data, np.uint8)
    breaks = np.flatnonzero(view == _NEWLINE)
    quoted = _QUOTE in data
    ends, skipped = _record_ends(view, breaks, delimiter) if quoted else (np.ones(len(breaks), bool), [])
    for index in skipped:  # the line whose quote stays open is cut out of the data by being made its own record
        start = int(breaks[index - 1]) + 1 if index else 0
        bad.append((line + index, data[start : int(breaks[index])].decode(), "quote"))
    chosen = breaks[ends]
    used = int(chosen[-1]) + 1 if len(chosen) else 0
    starts = np.concatenate(([0], chosen[:-1] + 1)).astype(np.int64) if len(chosen) else np.empty(0, np.int64)
    numbers = np.flatnonzero(ends)
    lines = np.concatenate(([0], numbers[:-1] + 1)).astype(np.int64) + line if len(chosen) else np.empty(0, np.int64)
    keep = ~np.isin(lines - line, skipped) if skipped else None
    return _block(data, used, starts, lines, quoted, tuple(bad), keep), used


def _block(
    data: bytes, used: int, starts: npt.NDArray[np.int64], lines: npt.NDArray[np.int64], quoted: bool,
    bad: tuple[tuple[int, str, str], ...], keep: npt.NDArray[np.bool_] | None,
) -> Block:  # fmt: skip
    if keep is None:
        return Block(data[:used], starts, lines, quoted, bad)
    ends = np.append(starts[1:], used)
    pieces = [data[a:b] for a, b in zip(starts[keep].tolist(), ends[keep].tolist(), strict=True)]
    sizes = np.array([0, *(len(piece) for piece in pieces)], np.int64)
    return Block(b"".join(pieces), np.cumsum(sizes)[:-1], lines[keep], quoted, bad)


def _record_ends(view: npt.NDArray[np.uint8], breaks: npt.NDArray[np.int64], delimiter: str) -> tuple[npt.NDArray[np.bool_], list[int]]:
    """Which line breaks end a record, and the indexes of lines whose quote never closes."""
    skipped: list[int] = []
    ends = _even(np.flatnonzero(view == _QUOTE), breaks)
    if _longest(ends) <= LONGEST:
        return ends, skipped
    quotes = _structural(view, delimiter)
    ends = _even(quotes, breaks)
    while (long := _first_long(ends)) is not None and len(skipped) < 1000:
        skipped.append(long)
        first, last = (breaks[long - 1] + 1 if long else 0), breaks[long]
        quotes = quotes[(quotes < first) | (quotes > last)]
        ends = _even(quotes, breaks)
    return ends, skipped


def _even(quotes: npt.NDArray[np.int64], breaks: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    even: npt.NDArray[np.bool_] = np.searchsorted(quotes, breaks) % 2 == 0
    return even


def _longest(ends: npt.NDArray[np.bool_]) -> int:
    closed = np.flatnonzero(ends)
    return int(np.diff(np.concatenate(([-1], closed, [len(ends) - 1]))).max(initial=0))


def _first_long(ends: npt.NDArray[np.bool_]) -> int | None:
    """Index of the first line of the first record of more than LONGEST lines."""
    closed = np.concatenate(([-1], np.flatnonzero(ends), [len(ends) - 1]))
    gaps = np.flatnonzero(np.diff(closed) > LONGEST)
    return int(closed[gaps[0]]) + 1 if len(gaps) else None


def _structural(view: npt.NDArray[np.uint8], delimiter: str) -> npt.NDArray[np.int64]:
    """Quotes that open or close a cell: behind a delimiter or line start, or before a delimiter or line end."""
    edges = np.zeros(256, bool)
    edges[[ord(delimiter), _NEWLINE, 13]] = True
    quotes = np.flatnonzero(view == _QUOTE)
    opening = np.concatenate(([True], edges[view[:-1]]))[quotes]
    closing = np.concatenate((edges[view[1:]], [True]))[quotes]
    return quotes[opening | closing]

"""Delimited text as a stream of whole records: UTF-8 blocks that end at a record's end, with the line number of every record.

A quoted cell may hold line breaks. A quote that never closes would swallow the rest of the file, so a record of more than 200 lines
counts as damaged at its first line and reading goes on below it.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

BLOCK = 8 << 20
LONGEST = 200  # lines that one record may span
_SET_ASIDE = 1_000  # lines of one block that may be set aside before its quotes are taken as they come
_NEWLINE, _QUOTE = 10, 34


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records as UTF-8. `starts` are byte offsets of the records, `lines` their line numbers (from 1), `quoted` whether any
    cell may hold a line break; `bad` are (line, raw text) of lines that the encoding cannot decode or that open a quote for good."""

    data: bytes
    starts: Offsets
    lines: Offsets
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
    ends, skipped = _record_ends(data, view, breaks, delimiter) if quoted else (np.ones(len(breaks), bool), [])
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
    data: bytes, used: int, starts: Offsets, lines: Offsets, quoted: bool,
    bad: tuple[tuple[int, str, str], ...], keep: Mask | None,
) -> Block:  # fmt: skip
    if keep is None:
        return Block(data[:used], starts, lines, quoted, bad)
    ends = np.append(starts[1:], used)
    pieces = [data[a:b] for a, b in zip(starts[keep].tolist(), ends[keep].tolist(), strict=True)]
    sizes = np.array([0, *(len(piece) for piece in pieces)], np.int64)
    return Block(b"".join(pieces), np.cumsum(sizes)[:-1], lines[keep], quoted, bad)


def _record_ends(data: bytes, view: Bytes, breaks: Offsets, delimiter: str) -> tuple[Mask, list[int]]:
    """Which line breaks end a record, and the indexes of lines whose quote never closes.

    Counting quotes is right for well-formed text. Otherwise only quotes at the border of a cell count, and a line that opens a quote
    for good (its record is endless or malformed) is set aside.
    """
    every = np.flatnonzero(view == _QUOTE)
    ends = _even(every, breaks)
    before, after = _at_border(view, every, delimiter)
    if _orderly(every, before, after) and _longest(ends) <= LONGEST:
        return ends, []
    skipped: list[int] = []
    sound: set[tuple[int, int]] = set()
    quotes = every[before | after]
    ends = _even(quotes, breaks)
    while (line := _first_unsound(data, breaks, ends, delimiter, sound)) is not None and len(skipped) < _SET_ASIDE:
        skipped.append(line)
        first, last = (breaks[line - 1] + 1 if line else 0), breaks[line]
        quotes = quotes[(quotes < first) | (quotes > last)]
        ends = _even(quotes, breaks)
    return ends, skipped


def _first_unsound(data: bytes, breaks: Offsets, ends: Mask, delimiter: str, sound: set[tuple[int, int]]) -> int | None:
    """Index of the first line of the first record that spans too many lines, or several lines and is malformed."""
    closed = np.concatenate(([-1], np.flatnonzero(ends)))
    spans = np.diff(np.append(closed, len(ends) - 1))  # the last one is the record that goes on in the next block
    for index in np.flatnonzero(spans > 1).tolist():
        first, last = int(closed[index]) + 1, int(closed[index] + spans[index])
        complete = index < len(closed) - 1
        if spans[index] > LONGEST:
            return first
        if complete and (first, last) not in sound:
            record = data[int(breaks[first - 1]) + 1 if first else 0 : int(breaks[last])].decode()
            if not _well_formed(record, delimiter):
                return first
            sound.add((first, last))
    return None


def _well_formed(record: str, delimiter: str) -> bool:
    """Whether the text is exactly one record and every closing quote stands before a delimiter or the end."""
    try:
        return len(list(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def _even(quotes: Offsets, breaks: Offsets) -> Mask:
    even: Mask = np.searchsorted(quotes, breaks) % 2 == 0
    return even


def _orderly(quotes: Offsets, before: Mask, after: Mask) -> bool:
    """Whether every first quote of a couple opens a cell and every second one closes it, or stands beside its twin (an escaped quote)."""
    beside = np.diff(quotes) == 1
    twin_before, twin_after = np.concatenate(([False], beside)), np.concatenate((beside, [False]))
    return bool((before | twin_before)[0::2].all() and (after | twin_after)[1::2].all())


def _longest(ends: Mask) -> int:
    closed = np.flatnonzero(ends)
    return int(np.diff(np.concatenate(([-1], closed, [len(ends) - 1]))).max(initial=0))


def _at_border(view: Bytes, quotes: Offsets, delimiter: str) -> tuple[Mask, Mask]:
    """Which quotes stand behind a delimiter or line start, and which before a delimiter or line end."""
    edges = np.zeros(256, bool)
    edges[[ord(delimiter), _NEWLINE, 13]] = True
    before = np.concatenate(([True], edges[view[:-1]]))[quotes]
    after = np.concatenate((edges[view[1:]], [True]))[quotes]
    return before, after

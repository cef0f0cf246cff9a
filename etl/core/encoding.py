"""Deciding in which encoding a text was written, with evidence: declared, .cpg, LDID, strict UTF-8, GB18030, in this order."""

from __future__ import annotations

import codecs
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

from data.errors import SourceError
from etl.core.evidence import Evidence
from etl.core.paths import Delivered

# LDID byte of a dBASE header (offset 29) → codec. 0x57 and 0x00 say "ANSI of that machine", which is no statement.
LDID = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x13: "cp932", 0x4D: "cp936", 0x4E: "cp949", 0x4F: "cp950", 0x50: "cp874",
    0x58: "cp1252", 0x59: "cp1252", 0x64: "cp852", 0x65: "cp866", 0x78: "cp950", 0x79: "cp949", 0x7A: "cp936", 0x7B: "cp932",
    0x7C: "cp874", 0x7D: "cp1255", 0x7E: "cp1256", 0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253",
}  # fmt: skip
CHINESE = {"gb2312", "gbk", "cp936", "936", "ms936", "gb18030", "hz", "chinese", "euc-cn", "euccn", "zh_cn"}
SUGGESTED = ("gb18030", "big5", "shift_jis", "euc-kr", "cp1252")
_CUT = {"unexpected end of data", "incomplete multibyte sequence", "truncated data"}  # what Python calls a character that the end cuts off
ENOUGH = 0.95  # share of non-ASCII values that the chosen encoding has to decode
PLAUSIBLE = 0.8  # share of decoded characters that belong to the 7 445 of GB 2312


@dataclass(frozen=True, slots=True)
class Verdict:
    """The encoding to decode with (a Python codec name) and why."""

    encoding: str
    evidence: tuple[str, ...]


def codec_of(name: str) -> str | None:
    """Python's codec for an encoding as files name it ("936", "CP936", "ANSI 1252", "Big-5", "koi8r"); None when unknown."""
    plain = name.strip().strip("\ufeff\x00").lower().replace(" ", "").removeprefix("ansi").removeprefix("oem").removeprefix("windows-")
    plain = plain.removeprefix("x-") or name.strip().lower()
    if plain in CHINESE or plain == "cp54936" or plain == "54936":
        return "gb18030"  # a superset of GB 2312 and GBK
    known = {"koi8r": "koi8_r", "88591": "latin_1", "iso88591": "latin_1", "65001": "utf_8", "big-5": "big5", "950": "cp950"}
    for candidate in (known.get(plain, plain), f"cp{plain}"):
        try:
            return codecs.lookup(candidate).name
        except LookupError:
            continue
    return None


def decodes(value: bytes, encoding: str, *, cut: bool = False) -> bool:
    """Whether `value` is text in `encoding`; with `cut`, its last character may be incomplete (fields cut at their width)."""
    try:
        value.decode(encoding)
    except UnicodeDecodeError as error:
        return cut and error.end == len(value) and error.reason in _CUT
    except LookupError:
        return False
    return True


def decide_encoding(
    values: Sequence[bytes],
    *,
    name: str,
    declared: str | None = None,
    hints: Sequence[tuple[str, str]] = (),
    weak: Sequence[tuple[str, str]] = (),
    total: int | None = None,
    cut: bool = False,
    bad_line: Callable[[], int | None] = lambda: None,
) -> Verdict:
    """Encoding of `values` (texts with at least one non-ASCII byte; lines or fields) with its evidence.

    `hints` are (where it stands, what it says), strongest first; `weak` ones count only when nothing else is plausible; `total` is the
    number of all values, for the sentence; `bad_line` finds the first line that is no UTF-8, where values are lines.

    Raises SourceError when nothing fits, or when what fits is not plausible Chinese and nothing
    declares it.
    """
    trial = _Trial(values, len(values) if total is None else total, cut)
    if declared:
        return _declared(trial, declared, name)
    if not values:
        return Verdict("utf-8", (Evidence("all text is plain ASCII", "文本全部为 ASCII 字符"),))
    return _hinted(trial, hints) or _unhinted(trial, hints, weak, name, bad_line)


BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_SAMPLE = 4 << 20


def text_encoding(path: Delivered, declared: str | None) -> tuple[Verdict, int]:
    """Encoding of a text file and the length of its byte-order mark."""
    with path.open("rb") as handle:
        head = handle.read(_SAMPLE)
        for mark, encoding in BOMS:
            if head.startswith(mark):
                said = Evidence(f"the byte-order mark says {encoding.upper()}", f"文件头标记（BOM）标明 {encoding.upper()}")
                return Verdict(encoding, (said,)), len(mark)
        wide = _without_mark(head)
        if wide and not declared:
            said = Evidence(f"every other byte is zero: {wide.upper()} without a byte-order mark", f"隔字节为零：{wide.upper()}（无 BOM）")
            return Verdict(wide, (said,)), 0
        sample = _text_lines(head, handle)
        values = [line for line in sample if not line.isascii()]
        return decide_encoding(values, name=path.name, declared=declared, total=len(sample), bad_line=lambda: _bad_line(path)), 0


def _bad_line(path: Delivered) -> int | None:
    """Number of the first line of the file that is no UTF-8."""
    with path.open("rb") as handle:
        return next((number for number, line in enumerate(handle, 1) if not decodes(line, "utf-8")), None)


def _without_mark(head: bytes) -> str | None:
    """UTF-16 without a byte-order mark: zero bytes in many even or many odd places."""
    part = head[:4096]
    odd, even = part[1::2].count(0), part[0::2].count(0)
    if max(odd, even) < max(len(part) // 10, 2) or min(odd, even) * 20 > max(odd, even):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _text_lines(head: bytes, handle: IO[bytes]) -> list[bytes]:
    """Lines to judge by: the first megabytes, or the first stretch behind them that holds more than ASCII, and the last ones."""
    found = head.splitlines()
    if len(head) < _SAMPLE:
        return found
    found = found[:-1]
    if head.isascii():
        while (chunk := handle.read(_SAMPLE)) and chunk.isascii():
            pass
        found += chunk.split(b"\n")[1:-1]
    elif handle.seekable() and not isinstance(handle, zipfile.ZipExtFile):
        handle.seek(-_SAMPLE // 4, io.SEEK_END)
        found += handle.read().split(b"\n")[1:]
    return found


@dataclass(frozen=True, slots=True)
class _Trial:
    values: Sequence[bytes]
    total: int
    cut: bool
    known: dict[str, int] = field(default_factory=dict)  # encoding → values that decode, counted once

    def good(self, encoding: str) -> int:
        """Values that decode."""
        if encoding not in self.known and not self._whole(encoding):
            self.known[encoding] = sum(decodes(value, encoding, cut=self.cut) for value in self.values)
        return self.known[encoding]

    def _whole(self, encoding: str) -> bool:
        """Whether all decode at once: in the right encoding, the usual case, none has to be looked at alone."""
        # No multi-byte character of a Chinese encoding or of UTF-8 holds a line feed, so joined values decode as they do alone.
        whole = "16" not in encoding and "32" not in encoding and decodes(b"\n".join(self.values), encoding)
        if whole:
            self.known[encoding] = len(self.values)
        return whole

    def share(self, encoding: str) -> float:
        return self.good(encoding) / max(len(self.values), 1)

    def reaches(self, encoding: str, share: float) -> bool:
        """Whether `share` of the values decode; of a wrong encoding only as many are tried as it takes to know."""
        if encoding in self.known or self._whole(encoding):
            return self.share(encoding) >= share
        bearable = len(self.values) - share * len(self.values)
        failed = (value for value in self.values if not decodes(value, encoding, cut=self.cut))
        return next(islice(failed, int(bearable), None), None) is None and self.share(encoding) >= share

    def sentence(self, encoding: str) -> Evidence:
        good = self.total - len(self.values) + self.good(encoding)
        counts = f"{good:,} of {self.total:,}".replace(",", " ")
        return Evidence(f"{encoding.upper()} decodes {counts} values", f"{encoding.upper()} 可解码 {good}/{self.total} 个值")

    def text(self, encoding: str) -> str:
        return "".join(value.decode(encoding, "ignore") for value in self.values[:2000])


def _declared(trial: _Trial, declared: str, name: str) -> Verdict:
    codec = codec_of(declared)
    if codec is None:
        raise SourceError(
            f"{name}: the declared encoding {declared!r} is unknown.", remedy="Give gb18030, utf-8, big5 or another codec.",
            zh=f"{name}：声明的编码 {declared!r} 未知。", zh_remedy="可填 gb18030、utf-8、big5 等。",
        )  # fmt: skip
    if trial.values and trial.share(codec) < 0.5:
        raise SourceError(
            f"{name}: declared as {declared}, but {trial.sentence(codec)}.", remedy="Remove `encoding` to have it detected, or correct it.",
            zh=f"{name}：声明为 {declared}，但 {trial.sentence(codec).zh}。", zh_remedy="请去掉 encoding 由系统识别，或改正它。",
        )  # fmt: skip
    return Verdict(codec, (Evidence(f"declared as {declared}", f"声明为 {declared}"), trial.sentence(codec)))


def _hinted(trial: _Trial, hints: Sequence[tuple[str, str]]) -> Verdict | None:
    """The first hint that the bytes do not contradict."""
    utf8 = trial.reaches("utf-8", 1) and not _accidental(trial)
    for place, says in hints:
        codec = codec_of(says)
        if codec is None or not trial.reaches(codec, ENOUGH):
            continue
        if utf8 and codec != "utf-8":
            continue  # valid UTF-8 of several bytes a character is hardly ever an accident
        if _single_byte(codec) and _common_share(trial) >= 0.9:
            continue  # a single-byte code page decodes anything; these bytes are common Chinese characters
        said = Evidence(f"{place} says {says}", f"{place} 标明 {says}")
        return Verdict(codec, (said, trial.sentence(codec)))
    return None


def _unhinted(
    trial: _Trial, hints: Sequence[tuple[str, str]], weak: Sequence[tuple[str, str]], name: str,
    bad_line: Callable[[], int | None],
) -> Verdict:  # fmt: skip
    overruled = tuple(
        Evidence(f"{place} says {says}, but the bytes contradict it: overruled", f"{place} 标明 {says}，与内容不符，不予采用")
        for place, says in hints
    )
    nothing = () if hints else (Evidence("nothing in the file names an encoding", "文件未标明编码"),)
    failed = Evidence("strict UTF-8 failed", "严格 UTF-8 解码失败")
    if _accidental(trial):
        failed = Evidence("the few bytes are UTF-8 only by accident", "少量字节只是偶然符合 UTF-8")
    elif trial.reaches("utf-8", ENOUGH):
        return Verdict("utf-8", (*nothing, *overruled, trial.sentence("utf-8")))
    if trial.reaches("gb18030", ENOUGH) and _plausible(trial.text("gb18030")) >= PLAUSIBLE:
        return Verdict("gb18030", (*nothing, *overruled, failed, trial.sentence("gb18030")))
    ansi = next((says for place, says in weak), None)
    if ansi:
        told = Evidence(f"the text is not plausible Chinese; {weak[0][0]} allows {ansi}", f"文本不像中文；{weak[0][0]} 允许 {ansi}")
        return Verdict(ansi, (*nothing, *overruled, failed, told))
    raise _mostly_utf8(trial, name, bad_line()) if trial.share("utf-8") > 0.5 else _undecided(trial, name, bad_line())


def _mostly_utf8(trial: _Trial, name: str, line: int | None) -> SourceError:
    """Damaged UTF-8: every value of another encoding would fail, so the rows that are whole can be had."""
    good, all_ = trial.good("utf-8"), len(trial.values)
    at, at_zh = (f" The first byte that is none stands in line {line}.", f"第一个无法解码的字节在第 {line} 行。") if line else ("", "")
    return SourceError(
        f"{name}: the encoding cannot be told: {good} of {all_} values with Chinese decode as UTF-8, the others do not.{at}",
        remedy='Mend that line, or declare encoding = "utf-8": it loads all rows but the damaged ones, which come back to you.',
        zh=f"{name}：无法确定编码：{all_} 个含中文的值中 {good} 个可按 UTF-8 解码，其余不能。{at_zh}",
        zh_remedy='请改正该行，或声明 encoding = "utf-8"：除损坏的行退回外，其余各行照常入库。',
    )


def _undecided(trial: _Trial, name: str, line: int | None) -> SourceError:
    first = trial.values[0]
    shown = "; ".join(f"{codec}: {first.decode(codec)[:20]!r}" for codec in SUGGESTED if decodes(first, codec))
    at, at_zh = (f" The first line that is no UTF-8 is line {line}.", f"（自第 {line} 行起）") if line else ("", "")
    counts = f"{trial.good('gb18030')}/{len(trial.values)}"
    return SourceError(
        f"{name}: the encoding cannot be told: strict UTF-8 fails and the text is not plausible as GB18030"
        f" ({counts} values decode).{at} The first value would read as {shown or 'nothing known'}.",
        remedy='Declare it, for example encoding = "big5".',
        zh=f"{name}：无法确定编码：严格 UTF-8 解码失败{at_zh}，按 GB18030 也不像中文（{counts} 个值可解码）。"
        f"第一个值可读作：{shown or '均不可读'}。",
        zh_remedy='请声明编码，例如 encoding = "big5"。',
    )


def _accidental(trial: _Trial) -> bool:
    """Whether a few short GBK words pass as UTF-8, as "住宅" does: letters of far scripts there, common Chinese characters here."""
    if len(set(trial.values)) > 5 or not trial.reaches("utf-8", 1) or not trial.reaches("gb18030", 1):
        return False
    letters = [c for c in trial.text("utf-8") if ord(c) > 127]
    far = all(0x0370 <= ord(c) < 0x0800 for c in letters)
    return far and all(_gb2312(c)[:1] in _LEVEL_1 for c in trial.text("gb18030") if ord(c) > 127)


def _single_byte(codec: str) -> bool:
    return codec.startswith(("cp125", "cp43", "cp8", "latin", "iso8859", "koi8"))


def _common_share(trial: _Trial) -> float:
    """Share of level-1 hanzi (the 3 755 most common, lead bytes B0 to D7) when read as GB18030; 0 when too short to tell."""
    if not trial.reaches("gb18030", 1):
        return 0.0
    characters = [c for c in trial.text("gb18030") if ord(c) > 127]
    common = sum(_gb2312(c)[:1] in _LEVEL_1 for c in characters)
    return common / len(characters) if len(characters) >= 4 else 0.0


_LEVEL_1 = {bytes([lead]) for lead in range(0xB0, 0xD8)}


def _gb2312(character: str) -> bytes:
    return character.encode("gb2312", "ignore")


def _plausible(text: str) -> float:
    """Share of the non-ASCII characters that GB 2312 knows, or that are punctuation or units."""
    characters = Counter(text)  # few different ones in much text
    counts = {c: n for c, n in characters.items() if ord(c) > 127}
    good = sum(n for c, n in counts.items() if _gb2312(c) or 0x2000 <= ord(c) < 0x3400 or ord(c) >= 0xFF00)
    return good / sum(counts.values()) if counts else 1.0

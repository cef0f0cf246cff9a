"""Longitudes and latitudes as people write them: 121°42′00.5″E, 121度42分0.5秒, 121 42 0.5, 121-42-0.5, E121°42.008′, 1214200.5."""

from __future__ import annotations

import re
import unicodedata

_PARTS = re.compile(r"\d+(?:\.\d+)?")
_MARKS = str.maketrans({"，": ",", "、": ",", "。": ".", "′": "'", "’": "'", "‘": "'", "″": '"', "”": '"', "“": '"', "º": "°", "˚": "°"})
_HEMISPHERES = {"W": -1, "S": -1, "E": 1, "N": 1, "西": -1, "南": -1, "东": 1, "北": 1}
_WORDS = re.compile(r"[东西]经|[南北]纬|经度|纬度|LATITUDE|LONGITUDE|LAT|LON|LNG|[:=：]")
_ALLOWED = re.compile(r"^[\d\s.,°'\"度分秒\-+()]*$")


def parse_angle(text: str) -> float | None:
    """Degrees of one longitude or latitude; None when the text is no angle. Minutes and seconds have to be under 60."""
    plain = _plain(text)
    sign, plain = _signed(plain)
    if not _ALLOWED.match(plain) or "," in plain:
        return None
    body = plain.strip().strip("()")
    if body.startswith(("-", "+")):
        sign, body = sign * (-1 if body[0] == "-" else 1), body[1:]
    parts = [float(part) for part in _PARTS.findall(body)]
    if not 1 <= len(parts) <= 3:
        return None
    value = _unpacked(body, parts[0]) if len(parts) == 1 else _sexagesimal(parts)
    return None if value is None or value > 180 else sign * value


def parse_pair(text: str) -> tuple[float, float] | None:
    """(lon, lat) of a text that holds both, in either order: "31.2,121.7", "(31.2, 121.7)", "121°42′E 31°12′N".

    A letter decides which is which; without one, a value over 90 is the longitude, and "(lat, lon)" is assumed when neither is.
    """
    halves = _halves(_plain(text).strip().strip("()[]"))
    if halves is None:
        return None
    first, second = (parse_angle(half) for half in halves)
    if first is None or second is None:
        return None
    lettered = _is_latitude(halves[0]), _is_latitude(halves[1])
    if True in lettered and lettered[0] != lettered[1]:
        return (second, first) if lettered[0] else (first, second)
    return (first, second) if abs(first) > 90 else (second, first)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(_MARKS).replace("''", '"').upper().strip()


def _signed(text: str) -> tuple[int, str]:
    """The sign of the hemisphere, and the text without letters and words."""
    sign = 1
    for word in re.findall(r"[东西]经|[南北]纬", text):
        sign *= _HEMISPHERES[word[0]]
    bare = _WORDS.sub(" ", text)
    for letter in re.findall(r"[EWNS东西南北]", bare):
        sign *= _HEMISPHERES[letter]
    return sign, re.sub(r"[EWNS东西南北]", " ", bare)


def _unpacked(body: str, value: float) -> float | None:
    """Plain degrees, or packed dddmmss.s (1214200.5): more than 180 can only be packed."""
    if value <= 180 or "°" in body or "度" in body:
        return value
    whole, _, fraction = f"{body.strip()}".rstrip("°'\"度分秒 ").partition(".")
    if not whole.isdigit() or not 6 <= len(whole) <= 7:
        return None
    seconds = float(f"{whole[-2:]}.{fraction or 0}")
    return _sexagesimal([float(whole[:-4]), float(whole[-4:-2]), seconds])


def _sexagesimal(parts: list[float]) -> float | None:
    degrees, minutes, seconds = (*parts, 0.0, 0.0)[:3]
    if minutes >= 60 or seconds >= 60 or not degrees.is_integer():
        return None
    return degrees + minutes / 60 + seconds / 3600


def _halves(text: str) -> tuple[str, str] | None:
    """The two angles of a pair, parted by a comma, a semicolon, a slash, a letter or one blank between two numbers."""
    for mark in (",", ";", "/", "|"):
        if text.count(mark) == 1:
            left, right = text.split(mark)
            return (left, right) if left.strip() and right.strip() else None
    lettered = re.match(r"^(.*?[EWNS])\s*(\S.*[EWNS])$", text) or re.match(r"^([EWNS].*?)\s*([EWNS].*)$", text)
    if lettered:
        return lettered.group(1), lettered.group(2)
    blanks = text.split()
    return (blanks[0], blanks[1]) if len(blanks) == 2 and all("." in part for part in blanks) else None


def _is_latitude(text: str) -> bool | None:
    if re.search(r"[NS]|[南北]|纬|LAT", _WORDS.sub(lambda m: m.group(0) if "纬" in m.group(0) or "LAT" in m.group(0) else " ", text)):
        return True
    return False if re.search(r"[EW]|[东西]|经|LON|LNG", text) else None

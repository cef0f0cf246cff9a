"""From an address as people say it to one house or area: one spelling for both sides, then the best match that is the only one."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from data.errors import NetworkError
from incidents.core.spec import wrong

_NUMERALS = str.maketrans("〇零一二两三四五六七八九", "001223456789")
_COUNTED = re.compile(r"([〇零一二两三四五六七八九十]{1,3})(?=号|弄|幢|栋|座|组|队|单元|室|层|楼)")
_INSIDE = re.compile(r"(\d+单元|\d+层|\d+楼|[A-Za-z]?\d+室?)$")  # within a house
_BESIDE = re.compile(r"(附近|旁边|旁|对面|门口|门前|东侧|西侧|南侧|北侧|路口|周边|前|后|内|处)$")
_SIGNS = re.compile(r"[\s,.;:，。；：、·()（）\-—#]+")
_PLAIN = (("号楼", "号"), ("栋", "幢"), ("座", "幢"), ("生产队", "组"), ("村民小组", "组"), ("队", "组"))
_FEW = 3  # near addresses that an error names
_SOME = 2000  # candidates compared letter by letter


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an address is: a point, its area, and the address as the register writes it."""

    lon: float
    lat: float
    area: str
    written: str
    house: bool = True


@dataclass(slots=True)
class Addresses:
    """All addresses of a town, normalised. `town` is its name; what stands before it in an address is left out."""

    town: str
    _houses: dict[str, list[Spot]] = field(default_factory=lambda: defaultdict(list))
    _areas: dict[str, list[Spot]] = field(default_factory=lambda: defaultdict(list))
    _ends: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # last four signs → keys

    def add_house(self, spot: Spot) -> None:
        """A house under its address."""
        key = self.plain(spot.written)
        if key not in self._houses:
            self._ends[key[-4:]].append(key)
        self._houses[key].append(spot)

    def add_area(self, spot: Spot, names: Sequence[str]) -> None:
        """An area under its own name and under those of the areas above it."""
        own = self.plain(names[-1])
        keys = {own, *(self.plain(above) + own for above in names[1:-1])}
        for key in keys - {""}:
            self._areas[key].append(spot)

    def plain(self, address: str) -> str:
        """One spelling: half width, digits for numerals, one word for each thing, nothing before the town."""
        text = _SIGNS.sub("", unicodedata.normalize("NFKC", address)).upper()
        text = _COUNTED.sub(lambda found: _digits(found[1]), text)
        for written, meant in _PLAIN:
            text = text.replace(written, meant)
        return text.rpartition(self.town)[2] or text

    def find(self, address: str) -> Spot:
        """The house, else the deepest area, that the address means. Raises NetworkError: nothing, or more than one place, fits."""
        key = self.plain(address)
        for shorter in _shortened(key):
            found = self._houses.get(shorter) or self._ending(shorter)
            if found:
                return self._only(address, found)
        area = self._area(key)
        if len({spot.area for spot in area}) == 1:
            return area[0]
        if area:
            raise _ambiguous(address, [*self._near(key), *(spot.written for spot in area)], len(area))
        raise _unknown(address, self._near(key))

    def _ending(self, key: str) -> list[Spot]:
        """Houses whose address ends with `key`: somebody left out the village."""
        if len(key) < 4 or not any(sign.isdigit() for sign in key):
            return []
        fits = [known for known in self._ends.get(key[-4:], ()) if known.endswith(key) and not known[-len(key) - 1 : -len(key)].isdigit()]
        return [spot for known in fits for spot in self._houses[known]]

    def _area(self, key: str) -> list[Spot]:
        """Areas of the longest name that the address holds: the village's team rather than the village."""
        held = [name for name in self._areas if len(name) > 1 and name in key and not _cut(key, name)]
        return self._areas[max(held, key=len)] if held else []

    def _only(self, address: str, spots: list[Spot]) -> Spot:
        areas = {spot.area for spot in spots}
        if len(areas) == 1:
            return spots[0]
        raise _ambiguous(address, sorted({spot.written for spot in spots}), len(areas))

    def _near(self, key: str) -> list[str]:
        wanted = set(key)
        likely = sorted([*self._houses, *self._areas], key=lambda known: -len(wanted & set(known)))[:_SOME]
        close = difflib.get_close_matches(key, likely, n=_FEW, cutoff=0.4)
        return [(self._houses.get(known) or self._areas[known])[0].written for known in close]


def index(town: str, houses: Iterable[Spot], areas: Mapping[Spot, Sequence[str]]) -> Addresses:
    """The addresses of `houses` and the names of `areas` (from the town down)."""
    addresses = Addresses(unicodedata.normalize("NFKC", town))
    for spot in houses:
        addresses.add_house(spot)
    for spot, names in areas.items():
        addresses.add_area(spot, names)
    return addresses


def _digits(numeral: str) -> str:
    """十二 → 12, 二十 → 20, 一〇五 → 105."""
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return numeral.translate(_NUMERALS)
    return (tens.translate(_NUMERALS) or "1") + (ones.translate(_NUMERALS) or "0")


def _shortened(key: str) -> Iterable[str]:
    """The address, then without what is said about the place beside or inside the house."""
    yield key
    for pattern in (_BESIDE, _INSIDE, _INSIDE):
        shorter = pattern.sub("", key)
        if shorter != key:
            key = shorter
            yield key


def _cut(key: str, name: str) -> bool:
    """Whether `name` begins in the middle of a number: 6组 is not in 16组."""
    at = key.find(name)
    return name[0].isdigit() and at > 0 and key[at - 1].isdigit()


def _unknown(address: str, near: list[str]) -> NetworkError:
    listed = ", ".join(near)
    return wrong(
        "address", address, "no house and no area of the town has this address.",
        f"Near: {listed}. Or send lon and lat." if near else "Send lon and lat, or an area code.",
        "镇内没有这个地址的房屋或网格。", f"相近的地址：{'、'.join(near)}；也可提供经纬度。" if near else "请提供经纬度或网格编码。",
    )  # fmt: skip


def _ambiguous(address: str, fits: list[str], places: int) -> NetworkError:
    fits = list(dict.fromkeys(fits))
    listed, more = fits[:_FEW], "…" if len(fits) > _FEW else ""
    return wrong(
        "address", address, f"{places} different places fit.", f"Name the village too: {', '.join(listed)}{more}",
        f"有 {places} 处地点相符。", f"请补充村居名称：{'、'.join(listed)}{more}",
    )  # fmt: skip

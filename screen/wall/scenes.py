"""Scenes of the wall: one TOML file each. A mistake in a file is told with the nearest right name, and everything else is shown.

name = { zh = "日常", en = "Daily" }     # what the button says
key = "1"                                # the key that calls it: one character, no two scenes the same
carousel = true                          # takes part in the carousel; default true
dwell_s = 30                             # how long each picture stays, 5 to 600 s
viewport = "town"                        # "town", the code of an area, or [west, south, east, north]
left = ["people", "houses"]              # panels beside the map, top down; what is further back is shown where there is room
right = ["ranking", "reds"]
below = ["trend"]
[[picture]]                              # at least one: what the map shows
layer = "houses"
theme = "level"                          # or a nominal theme of the layer; default "level"
levels = [1, 2]                          # only these levels; default all
tour = true                              # goes through the areas below the viewport, the one with most reds first; default false
most = 12                                # so many areas at most; default 12
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from data.errors import advice, advice_zh

SHIPPED = Path(__file__).resolve().parent / "scenes"
OWN_KEYS = "0 fFtTlLdDhHiI"  # what the wall itself answers to, docs/wall.md
SIDES = ("left", "right", "below")
DWELL_S, MOST = (5, 600), (1, 200)
Box = tuple[float, float, float, float]
Both = tuple[str, str]  # a sentence in English and in Chinese
AT = re.compile(r"at line (\d+), column (\d+)")


@dataclass(frozen=True, slots=True)
class Picture:
    """What the map shows for a while."""

    layer: str
    theme: str = "level"
    levels: tuple[int, ...] = ()
    tour: bool = False
    most: int = 12


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene of the wall; `name` of the file without its ending identifies it in the address."""

    id: str
    zh: str
    en: str
    key: str
    pictures: tuple[Picture, ...]
    carousel: bool = True
    dwell_s: int = 30
    viewport: str | Box = "town"
    panels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What exists in this town: layers with their themes, panels, and codes of areas."""

    themes: Mapping[str, frozenset[str]]
    panels: frozenset[str]
    areas: frozenset[str]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a scene's file, for the person who wrote it: what stands there and why it cannot be, and the remedy."""

    file: str
    message: str
    remedy: str
    zh: str
    zh_remedy: str

    def said(self, language: str) -> str:
        """The file and both sentences, in Chinese or in English."""
        return f"{self.file}：{self.zh}{self.zh_remedy}" if language == "zh-CN" else f"{self.file}: {self.message} {self.remedy}"


def _wrong(file: str, key: str, value: Any, why: Both, remedy: Both) -> Mistake:
    """The mistake of one value: `key = value` in front of the reason."""
    told = key if value is None else f"{key} = {_as_written(value)}"
    return Mistake(file, f"{told}: {why[0]}", remedy[0], f"{told}：{why[1]}", remedy[1])


def _as_written(value: Any) -> str:
    """A value as a TOML file writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_as_written(one)}' for key, one in value.items())} }}" if value else "{}"
    return f"[{', '.join(map(_as_written, value))}]" if isinstance(value, list) else str(value)


def _nearest(unknown: str, known: Iterable[str]) -> Both:
    """The nearest right names, or all of them."""
    known = list(known)
    return advice(unknown, known), advice_zh(unknown, known)


def load_scenes(known: Known, own: Path | None = None, shipped: Path = SHIPPED) -> tuple[list[Scene], list[Mistake]]:
    """The shipped scenes and the town's own, by key; a file of the town's replaces the shipped one of the same name.

    What a file gets wrong is left out of its scene; a scene without a picture that this town could show is left out as a whole.
    """
    files = {file.stem: file for folder in (shipped, own) if folder and folder.is_dir() for file in sorted(folder.glob("*.toml"))}
    mistakes: list[Mistake] = []
    if own and not own.is_dir():
        mistakes.append(
            Mistake(
                str(own), "This folder of scenes does not exist.", "Create it or correct the setting `scenes`.",
                "这个场景文件夹不存在。", "请建立该文件夹，或更正设置 `scenes`。",
            )
        )  # fmt: skip
    scenes = [scene for file in files.values() if (scene := read_scene(file, known, mistakes, shipped_file=file.parent == shipped))]
    return _one_key_each(sorted(scenes, key=lambda scene: (scene.key, scene.id)), mistakes), mistakes


def read_scene(file: Path, known: Known, mistakes: list[Mistake], *, shipped_file: bool = False) -> Scene | None:
    """The scene of one file as far as it can be shown; what cannot is added to `mistakes`.

    A shipped scene may name layers that a town has not delivered: that is no mistake, they are left out in silence.
    """
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        mistakes.append(_unreadable(file.name, error))
        return None
    return _Reader(file.name, told, known, mistakes, shipped_file).scene(file.stem)


def _unreadable(file: str, error: OSError | ValueError) -> Mistake:
    """A file that gives no TOML at all: where it breaks, or that it is in another encoding."""
    if isinstance(error, UnicodeDecodeError):
        remedy, zh_remedy = "Save it as UTF-8.", "请另存为 UTF-8 编码。"
    elif isinstance(error, OSError):
        remedy, zh_remedy = "Make it a file that the server may read.", "请确保它是文件，且服务器有权读取。"
    else:
        remedy, zh_remedy = "Correct that place.", "请改正该处。"
    found = AT.search(str(error))
    zh = "第 {} 行第 {} 列不合 TOML 的写法".format(*found.groups()) if found else str(error)
    return Mistake(file, f"The file cannot be read: {error}.", remedy, f"文件读不出来：{zh}。", zh_remedy)


def _one_key_each(scenes: Sequence[Scene], mistakes: list[Mistake]) -> list[Scene]:
    taken: dict[str, Scene] = {}
    for scene in scenes:
        if scene.key in taken:
            other = f"{taken[scene.key].id}.toml"
            why = (f"this key belongs to {other}.", f"这个按键已归 {other}。")
            mistakes.append(_wrong(f"{scene.id}.toml", "key", scene.key, why, ("Give it another key.", "请换一个按键。")))
        taken.setdefault(scene.key, scene)
    return list(taken.values())


class _Reader:
    """One file being read: what makes the scene useless ends it, the rest is noted and left out."""

    KEYS = frozenset({"name", "key", "carousel", "dwell_s", "viewport", "picture", *SIDES})
    PICTURE_KEYS = frozenset({"layer", "theme", "levels", "tour", "most"})

    def __init__(self, file: str, told: Mapping[str, Any], known: Known, mistakes: list[Mistake], shipped: bool) -> None:
        self.file, self.told, self.known, self.mistakes, self.shipped = file, told, known, mistakes, shipped

    def scene(self, id: str) -> Scene | None:
        for unknown in sorted(set(self.told) - self.KEYS):
            self._note(unknown, self.told[unknown], ("a scene has no such key.", "场景没有这个键。"), _nearest(unknown, self.KEYS))
        name, key, pictures = self._name(), self._key(), self._pictures()
        # Read also where there will be no scene: whoever corrects the file wants to know everything at once.
        carousel, dwell_s, viewport = self._flag("carousel", self.told, default=True), self._dwell_s(), self._viewport()
        panels = {side: self._panels(side) for side in SIDES}
        if not name or not key or not pictures:
            return None
        return Scene(id, *name, key, pictures, carousel, dwell_s, viewport, panels)

    def _name(self) -> tuple[str, str] | None:
        told = self.told.get("name")
        if isinstance(told, dict) and told.get("zh") and told.get("en"):
            return str(told["zh"]), str(told["en"])
        remedy = 'name = { zh = "…", en = "…" }'
        return self._note(
            "name", told, ("the scene has no name in both languages.", "场景没有中英文名称。"), (f"Give {remedy}.", f"请写 {remedy}。")
        )

    def _key(self) -> str | None:
        told = self.told.get("key")
        if isinstance(told, str) and len(told) == 1 and told not in OWN_KEYS:
            return told
        why = ("this key cannot call a scene.", "这个按键不能用来切换场景。")
        remedy = (
            'Give one character other than 0, space, f, t, l, d, h and i, as key = "6".',
            '请改用 0、空格、f、t、l、d、h、i 以外的一个字符，如 key = "6"。',
        )
        return self._note("key", told, why, remedy)

    def _pictures(self) -> tuple[Picture, ...]:
        told = self.told.get("picture", [])
        each = told if isinstance(told, list) else [told]
        pictures = [picture for one in each if (picture := self._picture(one))]
        if not each and not self.shipped:  # else what is wrong with each has been said
            why = ("the scene has no picture that can be shown.", "场景没有可显示的画面。")
            known = sorted(self.known.themes)
            remedy = (
                f"Give a [[picture]] with a layer of this town: {', '.join(known)}.",
                f"请写一节 [[picture]]，图层从本镇已有的里选：{'、'.join(known)}。",
            )
            self._note("picture", self.told.get("picture"), why, remedy)
        return tuple(pictures)

    def _picture(self, told: Any) -> Picture | None:
        if not isinstance(told, dict):
            remedy = ("Write [[picture]] and its lines below.", "请写 [[picture]]，其下逐行写明。")
            return self._note("picture", told, ("a picture is a table.", "画面须是一节。"), remedy)
        for unknown in sorted(set(told) - self.PICTURE_KEYS):
            why = ("a picture has no such key.", "画面没有这个键。")
            self._note(unknown, told[unknown], why, _nearest(unknown, self.PICTURE_KEYS))
        layer, theme = str(told.get("layer", "")), str(told.get("theme", "level"))
        if layer not in self.known.themes:
            return self._missing("layer", told.get("layer"), ("there is no such layer here.", "本镇没有这个图层。"), self.known.themes)
        if theme not in self.known.themes[layer]:
            why = (f'the layer "{layer}" has no such theme here.', f'图层 "{layer}" 在本镇没有这种着色方式。')
            return self._missing("theme", told.get("theme"), why, self.known.themes[layer])
        tour = self._flag("tour", told, default=False)
        return Picture(layer, theme, self._levels(told.get("levels", ())), tour, self._whole("most", told, 12, MOST))

    def _levels(self, told: Any) -> tuple[int, ...]:
        wanted = told if isinstance(told, list | tuple) else [told]
        remedy = (
            "Levels are 1 red, 2 orange, 3 yellow, 4 blue, 5 green, 0 grey.",
            "等级为：1 红、2 橙、3 黄、4 蓝、5 绿、0 灰。",
        )
        for level in wanted:
            if not _is_level(level):
                self._note("levels", level, ("there is no such level.", "没有这个等级。"), remedy)
        return tuple(level for level in wanted if _is_level(level))

    def _dwell_s(self) -> int:
        return self._whole("dwell_s", self.told, 30, DWELL_S)

    def _whole(self, key: str, told: Mapping[str, Any], default: int, bounds: tuple[int, int]) -> int:
        """A whole number within bounds, or the default."""
        value, (low, high) = told.get(key, default), bounds
        if type(value) is int and low <= value <= high:
            return value
        why = (f"this cannot be used, {default} is.", f"这个值不能用，按 {default} 处理。")
        self._note(key, value, why, (f"Give a whole number from {low} to {high}.", f"请填 {low} 到 {high} 的整数。"))
        return default

    def _flag(self, key: str, told: Mapping[str, Any], *, default: bool) -> bool:
        value = told.get(key, default)
        if isinstance(value, bool):
            return value
        taken = str(default).lower()
        why = (f"this is neither true nor false, {taken} is taken.", f"既不是 true 也不是 false，按 {taken} 处理。")
        self._note(key, value, why, ("Give true or false, without quotes.", "请填 true 或 false，不加引号。"))
        return default

    def _viewport(self) -> str | Box:
        told = self.told.get("viewport", "town")
        if told == "town" or (isinstance(told, str) and told in self.known.areas):
            return str(told)
        if isinstance(told, list) and _is_box(told):
            return (float(told[0]), float(told[1]), float(told[2]), float(told[3]))
        remedy = (
            'Give "town", the code of an area in quotes, or [west, south, east, north] in degrees.',
            '请填 "town"、加引号的网格编号，或以度为单位的 [西, 南, 东, 北]。',
        )
        near = [] if isinstance(told, list) else get_close_matches(str(told), sorted(self.known.areas), cutoff=0.5)
        why = ("this cannot be used, the whole town is shown.", "这个范围不能用，显示全镇。")
        self._note("viewport", told, why, _nearest(str(told), near) if near else remedy)
        return "town"

    def _panels(self, side: str) -> tuple[str, ...]:
        told = self.told.get(side, [])
        names = [str(name) for name in told] if isinstance(told, list) else [str(told)]
        for name in names:
            if name not in self.known.panels:
                self._note(side, name, ("there is no such panel.", "没有这个面板。"), _nearest(name, self.known.panels))
        return tuple(dict.fromkeys(name for name in names if name in self.known.panels))

    def _missing(self, key: str, value: Any, why: Both, known: Iterable[str]) -> None:
        if not self.shipped:
            self._note(key, value, why, _nearest("" if value is None else str(value), known))

    def _note(self, key: str, value: Any, why: Both, remedy: Both) -> None:
        self.mistakes.append(_wrong(self.file, key, value, why, remedy))


def _is_level(told: Any) -> bool:
    return type(told) is int and told in range(6)


def _is_box(told: Iterable[Any]) -> bool:
    edges = list(told)
    if len(edges) != 4 or not all(isinstance(edge, int | float) for edge in edges):
        return False
    west, south, east, north = edges
    return -180 <= west < east <= 180 and -90 <= south < north <= 90

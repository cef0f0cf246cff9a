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

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.errors import SettingsError, advice

SHIPPED = Path(__file__).resolve().parent / "scenes"
OWN_KEYS = "0 fFtTlLdDhH"  # what the wall itself answers to, docs/wall.md
SIDES = ("left", "right", "below")
DWELL_S = (5, 600)
Box = tuple[float, float, float, float]


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
    """What is wrong with a scene's file, for the person who wrote it."""

    file: str
    message: str
    remedy: str
    zh: str = ""  # both in Chinese; "" where there is none yet
    zh_remedy: str = ""

    def said(self, language: str) -> str:
        """The file and both sentences, in Chinese where that is asked for and there."""
        return f"{self.file}：{self.zh}{self.zh_remedy}" if language == "zh-CN" and self.zh else str(self)

    def __str__(self) -> str:
        return f"{self.file}: {self.message} {self.remedy}".strip()


def load_scenes(known: Known, own: Path | None = None, shipped: Path = SHIPPED) -> tuple[list[Scene], list[Mistake]]:
    """The shipped scenes and the town's own, by key; a file of the town's replaces the shipped one of the same name.

    What a file gets wrong is left out of its scene; a scene without a picture that this town could show is left out as a whole.
    """
    files = {file.stem: file for folder in (shipped, own) if folder and folder.is_dir() for file in sorted(folder.glob("*.toml"))}
    mistakes: list[Mistake] = []
    if own and not own.is_dir():
        mistakes.append(Mistake(str(own), "This folder of scenes does not exist.", "Create it or correct the setting `scenes`."))
    scenes = [scene for file in files.values() if (scene := read_scene(file, known, mistakes, shipped_file=file.parent == shipped))]
    return _one_key_each(sorted(scenes, key=lambda scene: (scene.key, scene.id)), mistakes), mistakes


def read_scene(file: Path, known: Known, mistakes: list[Mistake], *, shipped_file: bool = False) -> Scene | None:
    """The scene of one file as far as it can be shown; what cannot is added to `mistakes`.

    A shipped scene may name layers that a town has not delivered: that is no mistake, they are left out in silence.
    """
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        mistakes.append(Mistake(file.name, f"The file cannot be read: {error}.", "Correct that place."))
        return None
    reader = _Reader(file.name, told, known, mistakes, shipped_file)
    try:
        return reader.scene(file.stem)
    except SettingsError as error:
        mistakes.append(Mistake(file.name, error.message, error.remedy, error.zh, error.zh_remedy))
        return None


def _one_key_each(scenes: Sequence[Scene], mistakes: list[Mistake]) -> list[Scene]:
    taken: dict[str, Scene] = {}
    for scene in scenes:
        if scene.key in taken:
            mistakes.append(
                Mistake(f"{scene.id}.toml", f"The key {scene.key!r} belongs to {taken[scene.key].id}.toml.", "Give it another key.")
            )
        taken.setdefault(scene.key, scene)
    return list(taken.values())


class _Reader:
    """One file being read: it raises for what makes the scene useless and notes the rest."""

    KEYS = frozenset({"name", "key", "carousel", "dwell_s", "viewport", "picture", *SIDES})
    PICTURE_KEYS = frozenset({"layer", "theme", "levels", "tour", "most"})

    def __init__(self, file: str, told: Mapping[str, Any], known: Known, mistakes: list[Mistake], shipped: bool) -> None:
        self.file, self.told, self.known, self.mistakes, self.shipped = file, told, known, mistakes, shipped

    def scene(self, id: str) -> Scene | None:
        for unknown in sorted(set(self.told) - self.KEYS):
            self._note(f"Unknown key {unknown!r}.", advice(unknown, self.KEYS))
        name, key = self.told.get("name"), self.told.get("key")
        if not isinstance(name, dict) or not name.get("zh") or not name.get("en"):
            raise SettingsError("The scene has no name.", remedy='Give name = { zh = "…", en = "…" }.')
        if not isinstance(key, str) or len(key) != 1 or key in OWN_KEYS:
            raise SettingsError(
                f"The key {key!r} cannot call a scene.", remedy='Give one character other than 0, space, f, t, l, d and h, as key = "6".',
                zh=f"按键 {key!r} 不能用来切换场景。", zh_remedy='请改用 0、空格、f、t、l、d、h 以外的一个字符，如 key = "6"。',
            )  # fmt: skip
        pictures = [picture for one in self.told.get("picture", ()) if (picture := self._picture(one))]
        if not pictures:
            if not self.shipped:
                self._note("The scene has no picture that can be shown.", "Give a [[picture]] with a layer that the town has.")
            return None
        return Scene(
            id, str(name["zh"]), str(name["en"]), key, tuple(pictures), bool(self.told.get("carousel", True)), self._dwell_s(),
            self._viewport(), {side: self._panels(side) for side in SIDES},
        )  # fmt: skip

    def _picture(self, told: Any) -> Picture | None:
        if not isinstance(told, dict):
            return self._note("A picture is a table.", "Write [[picture]] and its lines below.")
        for unknown in sorted(set(told) - self.PICTURE_KEYS):
            self._note(f"Unknown key {unknown!r} of a picture.", advice(unknown, self.PICTURE_KEYS))
        layer, theme = str(told.get("layer", "")), str(told.get("theme", "level"))
        if layer not in self.known.themes:
            return self._missing(f"There is no layer {layer!r} here.", advice(layer, self.known.themes))
        if theme not in self.known.themes[layer]:
            return self._missing(f"The layer {layer!r} has no theme {theme!r} here.", advice(theme, self.known.themes[layer]))
        return Picture(layer, theme, self._levels(told.get("levels", ())), bool(told.get("tour", False)), self._most(told.get("most", 12)))

    def _levels(self, told: Any) -> tuple[int, ...]:
        wanted = told if isinstance(told, list | tuple) else [told]
        for level in wanted:
            if level not in range(6):
                self._note(f"There is no level {level!r}.", "Levels are 1 red, 2 orange, 3 yellow, 4 blue, 5 green, 0 grey.")
        return tuple(level for level in wanted if level in range(6))

    def _most(self, told: Any) -> int:
        if isinstance(told, int) and 1 <= told <= 200:
            return told
        self._note(f"most = {told!r} cannot be used.", "Give a number of areas from 1 to 200.")
        return 12

    def _dwell_s(self) -> int:
        told = self.told.get("dwell_s", 30)
        if isinstance(told, int) and DWELL_S[0] <= told <= DWELL_S[1]:
            return told
        self._note(f"dwell_s = {told!r} cannot be used.", f"Give whole seconds from {DWELL_S[0]} to {DWELL_S[1]}.")
        return 30

    def _viewport(self) -> str | Box:
        told = self.told.get("viewport", "town")
        if told == "town" or (isinstance(told, str) and told in self.known.areas):
            return str(told)
        if isinstance(told, list) and _is_box(told):
            return (float(told[0]), float(told[1]), float(told[2]), float(told[3]))
        remedy = advice(told, {"town", *self.known.areas}) if isinstance(told, str) else "Give [west, south, east, north] in degrees."
        self._note(f"The viewport {told!r} cannot be used, the whole town is shown.", remedy)
        return "town"

    def _panels(self, side: str) -> tuple[str, ...]:
        told = self.told.get(side, [])
        names = [str(name) for name in told] if isinstance(told, list) else [str(told)]
        for name in names:
            if name not in self.known.panels:
                self._note(f"There is no panel {name!r}.", advice(name, self.known.panels))
        return tuple(dict.fromkeys(name for name in names if name in self.known.panels))

    def _missing(self, message: str, remedy: str) -> None:
        if not self.shipped:
            self._note(message, remedy)

    def _note(self, message: str, remedy: str) -> None:
        self.mistakes.append(Mistake(self.file, message, remedy))


def _is_box(told: Iterable[Any]) -> bool:
    edges = list(told)
    if len(edges) != 4 or not all(isinstance(edge, int | float) for edge in edges):
        return False
    west, south, east, north = edges
    return -180 <= west < east <= 180 and -90 <= south < north <= 90

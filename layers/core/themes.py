"""Nominal themes: which value is which class, with colours that stay the same from snapshot to snapshot."""

from __future__ import annotations

import colorsys
import hashlib

import duckdb

from layers.core.difference import like_level
from layers.core.spec import Theme, ThemeClass

MOST = 250  # one byte a feature: 0 says none, 255 says absent
OTHER = ThemeClass("other", "其他", "Other", "#BDB6AB")
_GOLDEN_ANGLE = 137.508


def theme_columns(themes: tuple[Theme, ...]) -> list[str]:
    """Select items `theme_<i>` (class code) and `label_<i>` (words for a class that the layer file does not declare)."""
    values = [f"({theme.value})::VARCHAR AS theme_{i}" for i, theme in enumerate(themes)]
    labels = [f"({theme.label})::VARCHAR AS label_{i}" for i, theme in enumerate(themes) if theme.open and theme.label]
    return values + labels


def index_theme(con: duckdb.DuckDBPyConnection, layer: str, theme: Theme, number: int) -> None:
    """Write the theme's rows of `theme_class`, and scratch `class_<number>(code, index)` that maps every value to its class."""
    label = f"min(label_{number})" if theme.open and theme.label else f"min(theme_{number})"
    found = con.execute(
        f"SELECT theme_{number}, count(*), {label} FROM facts WHERE theme_{number} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    counts: dict[str, int] = {code: n for code, n, _ in found}
    classes = _classes(theme, {code: words or code for code, _, words in found})
    index = {cls.code: i for i, cls in enumerate(classes, start=1)}
    of = {code: index[code] if code in index else index.get(OTHER.code) for code in counts}
    con.execute(f"CREATE OR REPLACE TEMP TABLE class_{number} (code VARCHAR, index UTINYINT)")
    con.execute(f"INSERT INTO class_{number} SELECT unnest($codes), unnest($places)", {"codes": list(of), "places": list(of.values())})
    totals: dict[int | None, int] = {}
    for code, i in of.items():
        totals[i] = totals.get(i, 0) + counts[code]
    con.execute(
        """INSERT INTO theme_class SELECT $layer, $theme, unnest($places), unnest($codes), unnest($zh), unnest($en), unnest($hex), unnest($n)""",
        {
            "layer": layer, "theme": theme.name, "places": list(range(1, len(classes) + 1)), "codes": [cls.code for cls in classes],
            "zh": [cls.zh for cls in classes], "en": [cls.en for cls in classes], "hex": [cls.hex for cls in classes],
            "n": [totals.get(i, 0) for i in range(1, len(classes) + 1)],
        },
    )  # fmt: skip


def _classes(theme: Theme, words: dict[str, str]) -> list[ThemeClass]:
    """Declared classes first, then the found ones of an open theme (`words` are in order of frequency), then "other" when some are left over."""
    declared = list(theme.classes[:MOST])
    if not theme.open:
        return declared
    known = {cls.code for cls in declared} | {OTHER.code}
    unknown = [code for code in words if code not in known]
    kept = sorted(unknown[: min(theme.top, MOST - 1 - len(declared))])
    colours = stable_colours(kept)
    generated = [ThemeClass(code, words[code], words[code], colours[code]) for code in kept]
    left_over = len(kept) < len(unknown) or OTHER.code in words
    return declared + generated + ([OTHER] if left_over and OTHER.code not in {cls.code for cls in declared} else [])


def stable_colours(codes: list[str]) -> dict[str, str]:
    """A colour for each code, chosen by its hash so that a new class hardly moves the others; no two codes share one."""
    slots = 32 if len(codes) <= 24 else 2 * MOST
    taken: dict[int, str] = {}
    for code in sorted(codes):
        slot = int.from_bytes(hashlib.blake2b(code.encode(), digest_size=4).digest(), "big") % slots
        while slot in taken:
            slot = (slot + 1) % slots
        taken[slot] = code
    return {code: _slot_colour(slot) for slot, code in taken.items()}


def _slot_colour(slot: int) -> str:
    """Hues a golden angle apart in three lightnesses: neighbours in number are far apart in colour. None looks like a level."""
    shades = (_shade(slot, lighter) for lighter in (0.0, 0.07, -0.07, 0.14, -0.14, 0.21, -0.21))  # no sum of two lightnesses is another
    return next(shade for shade in shades if like_level(shade) is None)


def _shade(slot: int, lighter: float) -> str:
    lightness = (0.55, 0.68, 0.44)[slot % 3] + lighter
    saturation = (0.62, 0.48)[slot // 3 % 2]
    rgb = colorsys.hls_to_rgb(slot * _GOLDEN_ANGLE % 360 / 360, lightness, saturation)
    return "#" + "".join(f"{round(part * 255):02X}" for part in rgb)

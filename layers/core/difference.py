"""How far two colours are apart to the eye, and which colours could be taken for a level.

Fill colours mean levels; nominal classes say what something is. Seen on another screen, from five metres or without the level beside it, a
class in almost the red of level 1 reads as a red. CIEDE2000 counts what an observer sees: up to 2 only who looks closely sees two colours,
up to 10 they are told apart at a glance when they lie side by side, from 11 on they are different colours.
"""

from __future__ import annotations

from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

from layers.core.palette import LIGHT
from layers.core.spec import LEVELS

APART = 11.0  # CIEDE2000 that a nominal class keeps from every level in both looks
_WHITE = (0.95047, 1.0, 1.08883)  # D65
_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
Lab = tuple[float, float, float]


def like_level(colour: str) -> int | None:
    """The level that a colour could be taken for in one of the looks; None where it is apart from all."""
    shown = [(level.level, level.hex) for level in LEVELS] + list(LIGHT.items())
    away, level = min((difference(colour, known), level) for level, known in shown)
    return level if away < APART else None


def difference(one: str, other: str) -> float:
    """CIEDE2000 of two `#RRGGBB` colours."""
    return difference_of(_lab(one), _lab(other))


def difference_of(one: Lab, other: Lab) -> float:
    """CIEDE2000 of two CIELAB colours (CIE 142-2001; names of the terms as there)."""
    middle = (hypot(*one[1:]) + hypot(*other[1:])) / 2
    g = 0.5 * (1 - sqrt(middle**7 / (middle**7 + 25**7)))
    (c1, h1), (c2, h2) = _polar(one, g), _polar(other, g)
    turn = (h2 - h1 + 180) % 360 - 180 if c1 and c2 else 0.0
    mean_l, mean_c = (one[0] + other[0]) / 2, (c1 + c2) / 2
    mean_h = (h1 + turn / 2) % 360 if c1 and c2 else h1 + h2
    t = 1 - 0.17 * _cos(mean_h - 30) + 0.24 * _cos(2 * mean_h) + 0.32 * _cos(3 * mean_h + 6) - 0.20 * _cos(4 * mean_h - 63)
    lightness = (other[0] - one[0]) / (1 + 0.015 * (mean_l - 50) ** 2 / sqrt(20 + (mean_l - 50) ** 2))
    chroma = (c2 - c1) / (1 + 0.045 * mean_c)
    hue = 2 * sqrt(c1 * c2) * sin(radians(turn / 2)) / (1 + 0.015 * mean_c * t)
    rotation = -2 * sqrt(mean_c**7 / (mean_c**7 + 25**7)) * sin(radians(60 * exp(-(((mean_h - 275) / 25) ** 2))))
    return sqrt(lightness**2 + chroma**2 + hue**2 + rotation * chroma * hue)


def _polar(colour: Lab, g: float) -> tuple[float, float]:
    """Chroma and hue angle, a* stretched by `g`."""
    a, b = colour[1] * (1 + g), colour[2]
    return hypot(a, b), degrees(atan2(b, a)) % 360


def _cos(angle: float) -> float:
    return cos(radians(angle))


def _lab(colour: str) -> Lab:
    """CIELAB of an sRGB colour under D65."""
    linear = [_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5)]
    x, y, z = (
        _bent(sum(weight * part for weight, part in zip(row, linear, strict=True)) / white)
        for row, white in zip(_TO_XYZ, _WHITE, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _bent(part: float) -> float:
    return float(part ** (1 / 3)) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116

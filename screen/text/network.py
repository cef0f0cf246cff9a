"""What the live side says, on the wall and on every map, Chinese and English side by side; both text tables take it in."""

from __future__ import annotations

from collections.abc import Mapping

Pair = tuple[str, str]

NETWORK: Mapping[str, Pair] = {}

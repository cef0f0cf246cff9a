"""Errors that reach a person: each says what is wrong, which value, and what to do.

OneScreenError
├── SettingsError    a setting or TOML key is unknown or unusable
├── SourceError      a file cannot be read, or its encoding or datum cannot be told
├── ContractError    a delivery breaks the contract as a whole (key column missing, bad share over the limit)
├── StoreError       lake, serving file or pack is missing, locked or damaged
├── LayerError       a layer file declares something that the contract does not know
├── NetworkError     an incident, step or report is refused; the log or its database cannot be used
└── PolicyError      the viewer may not see what was asked for
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class OneScreenError(Exception):
    """Base of all errors meant for a person. `remedy` is one sentence: what to do about it. `zh` and `zh_remedy` say both in Chinese.

    Whoever shows an error shows `said("zh")` and `said("en")`; an error that has no Chinese yet says its English in both.
    """

    def __init__(self, message: str, *, remedy: str = "", zh: str = "", zh_remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy
        self.zh = zh
        self.zh_remedy = zh_remedy

    def said(self, language: str) -> tuple[str, str]:
        """Message and remedy in "zh" or "en"."""
        return (self.zh, self.zh_remedy or self.remedy) if language == "zh" and self.zh else (self.message, self.remedy)

    def lines(self) -> list[str]:
        """What a command line prints: message and remedy in Chinese where there is Chinese, then in English."""
        said = [*self.said("zh"), *self.said("en")] if self.zh else self.said("en")
        return [line for line in said if line]

    @property
    def why(self) -> dict[str, str]:
        """The message as records of failures keep it; "zh" is empty where there is no Chinese."""
        return {"zh": self.zh, "en": self.message}

    @property
    def advised(self) -> dict[str, str]:
        """The remedy as records of failures keep it."""
        return {"zh": self.zh_remedy if self.zh else "", "en": self.remedy}


class SettingsError(OneScreenError):
    """A setting or a key of a TOML file is unknown or unusable."""


class SourceError(OneScreenError):
    """A delivered file cannot be read, or its encoding or datum cannot be told."""


class ContractError(OneScreenError):
    """A delivery as a whole breaks the contract; the previous snapshot stays."""


class StoreError(OneScreenError):
    """Lake, serving file or map pack is missing, locked or damaged."""


class LayerError(OneScreenError):
    """A layer file declares something that the contract does not know."""


class NetworkError(OneScreenError):
    """A report or a step is refused, or the operational database cannot be used. `field` names what is wrong in the item, where one is."""

    field: str = ""

    def at(self, field: str) -> NetworkError:
        """The same error, naming the field of the item."""
        self.field = field
        return self


class PolicyError(OneScreenError):
    """The viewer may not see what was asked for."""


def in_both(told: object) -> dict[str, str]:
    """A `why` or `advised` read back from a record; older records hold the English alone."""
    return {"zh": told.get("zh", ""), "en": told.get("en", "")} if isinstance(told, dict) else {"zh": "", "en": str(told)}


def advice(unknown: str, known: Iterable[str]) -> str:
    """Remedy sentence for a misspelt name: the nearest known names, or all of them when none is near."""
    known = list(known)
    near = _near(unknown, known)
    return f"Did you mean {' or '.join(repr(name) for name in near)}?" if near else f"Known: {', '.join(sorted(known))}."


def advice_zh(unknown: str, known: Iterable[str]) -> str:
    """`advice` in Chinese."""
    known = list(known)
    near = _near(unknown, known)
    return f"是否要写 {' 或 '.join(repr(name) for name in near)}？" if near else f"可用：{'、'.join(sorted(known))}。"


def _near(unknown: str, known: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(unknown, sorted(known), n=3, cutoff=0.5)

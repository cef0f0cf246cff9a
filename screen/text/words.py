"""The words and habits of one visitor: language, and units as people here say them or SI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from data.errors import OneScreenError, SettingsError, advice
from screen.text.en import EN
from screen.text.zh import ZH

Language = Literal["zh-CN", "en"]
Units = Literal["", "local", "si"]  # "": as usual in the language

TABLES: Mapping[Language, Mapping[str, str]] = {"zh-CN": ZH, "en": EN}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one visitor. `words("back.to", name="…")` fills the holes; `words.pick(zh, en)` chooses."""

    language: Language
    units: Units = ""

    @property
    def mu(self) -> bool:
        """Whether land is measured in mu: chosen, or not chosen by somebody who reads Chinese."""
        return self.units == "local" or (not self.units and self.language == "zh-CN")

    @property
    def short(self) -> bool:
        """Whether large numbers are said in 万, k and million; with SI all digits are written."""
        return self.units != "si"

    def __call__(self, key: str, **holes: object) -> str:
        table = TABLES[self.language]
        if key not in table:
            raise SettingsError(f"The text table has no key {key!r}.", remedy=advice(key, table))
        return table[key].format(**holes)

    def pick(self, zh: str, en: str) -> str:
        """The text of this language, or the other one when this one is empty."""
        return (zh or en) if self.language == "zh-CN" else (en or zh)

    def error(self, error: OneScreenError) -> str:
        """What an error says and what to do about it, in this language where it has it."""
        return " ".join(error.said("zh" if self.language == "zh-CN" else "en")).strip()

    def of(self, text: Mapping[str, str] | str | None) -> str:
        """A `{"zh": …, "en": …}` value in this language; plain text as it is."""
        if text is None:
            return ""
        return text if isinstance(text, str) else self.pick(text.get("zh", ""), text.get("en", ""))


def words(language: str, units: str = "") -> Words:
    """Words of `language`; anything that starts with "en" is English, everything else Chinese. Unknown `units` are the language's usual ones."""
    chosen: Units = "si" if units == "si" else "local" if units == "local" else ""
    return Words("en" if language.lower().startswith("en") else "zh-CN", chosen)

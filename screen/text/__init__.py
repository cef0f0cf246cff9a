"""What the screen says: one table a language, and the visitor who chooses between them."""

from screen.text.en import EN
from screen.text.words import TABLES, Language, Units, Words, words
from screen.text.zh import ZH

__all__ = ["EN", "TABLES", "ZH", "Language", "Units", "Words", "words"]

"""A sentence that supports a decision, in English and in Chinese."""

from __future__ import annotations


class Evidence(str):
    """English text that carries the same sentence in Chinese at `.zh`. Behaves as plain text everywhere else."""

    zh: str

    def __new__(cls, en: str, zh: str) -> Evidence:
        """The English sentence `en`; `zh` says the same."""
        sentence = super().__new__(cls, en)
        sentence.zh = zh
        return sentence

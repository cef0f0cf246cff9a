"""Whether a dataset as a whole may be loaded: too many refused rows stop the run, and so does a column that came but cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.errors import ContractError
from etl.core.town_file import Dataset

# One bad value of two is half of a tiny column, yet only a slip of the pen; three are a habit.
FEWEST_UNUSABLE = 3


@dataclass(frozen=True, slots=True)
class Unusable:
    """A column with values that came and were left out. `header` is what the sender calls it; `values`: the most frequent, with counts.

    `values` has neither values of personal columns nor any that stand in under three rows, where a wrong header may have put a person's.
    """

    column: str
    header: str
    delivered: int
    unusable: int
    values: tuple[tuple[str, int], ...] = ()

    @property
    def share(self) -> float:
        """Share of the delivered values that cannot be used."""
        return self.unusable / self.delivered if self.delivered else 0.0


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one dataset. `rows` = `good` + `refused`; `warnings` and `by_code` count faults."""

    dataset: str
    rows: int
    good: int
    refused: int
    warnings: int
    by_code: dict[str, int] = field(default_factory=dict)
    unusable: tuple[Unusable, ...] = ()

    @property
    def refused_share(self) -> float:
        """Share of refused rows; 0 for an empty dataset."""
        return self.refused / self.rows if self.rows else 0.0


def enforce(dataset: Dataset, result: CheckResult) -> None:
    """Raises ContractError when the share of refused rows of `dataset`, or of unusable values of one of its columns, passes its limit."""
    told = [_rows(dataset, result)] if result.refused_share > dataset.max_bad_share else []
    lost = [one for one in result.unusable if one.unusable >= FEWEST_UNUSABLE and one.share > dataset.max_bad_share]
    told += [_columns(dataset, lost)] if lost else []
    if told:
        raise joined(told)


def joined(errors: list[ContractError]) -> ContractError:
    """One error that says what all of `errors` say, each remedy once."""
    en, zh = ([error.said(language) for error in errors] for language in ("en", "zh"))
    return ContractError(
        " ".join(said for said, _ in en), remedy=" ".join(dict.fromkeys(remedy for _, remedy in en)),
        zh="".join(said for said, _ in zh), zh_remedy="".join(dict.fromkeys(remedy for _, remedy in zh)),
    )  # fmt: skip


def _rows(dataset: Dataset, result: CheckResult) -> ContractError:
    reasons = ", ".join(f"{code} {count:,}" for code, count in result.by_code.items())
    return ContractError(
        f"Dataset {dataset.name!r} ({dataset.file}): {result.refused:,} of {result.rows:,} rows were refused "
        f"({result.refused_share:.1%}; the limit is {dataset.max_bad_share:.1%}): {reasons}.",
        remedy="Correct the rows in the quarantine workbook and deliver again, or raise max_bad_share; the previous snapshot stays.",
        zh=f"数据集“{dataset.name}”（{dataset.file}）：{result.rows:,} 行中有 {result.refused:,} 行退回"
        f"（{result.refused_share:.1%}，上限 {dataset.max_bad_share:.1%}）：{reasons}。",
        zh_remedy="请在退回的工作簿中改正后重新报送，或在 town.toml 中调高 max_bad_share；屏幕上仍是上一版数据。",
    )


def _columns(dataset: Dataset, lost: list[Unusable]) -> ContractError:
    limit, way = f"{dataset.max_bad_share:.1%}", f"values = {{ {', '.join(f'{one.column} = {{ … }}' for one in lost)} }}"
    en, zh = zip(*map(_column, lost), strict=True)
    return ContractError(
        f"Dataset {dataset.name!r} ({dataset.file}; the limit is {limit}): {'; '.join(en)}.",
        remedy=f"Correct the cells marked in the workbook and deliver again, translate the values in the town file with {way}, "
        f"name another header under fields, or raise max_bad_share; the previous snapshot stays.",
        zh=f"数据集“{dataset.name}”（{dataset.file}，上限 {limit}）：{'；'.join(zh)}。",
        zh_remedy=f"请按工作簿中标出的单元格改正后重新报送，或在 town.toml 中用 {way} 对应这些值、在 fields 中改正列名、"
        "调高 max_bad_share；屏幕上仍是上一版数据。",
    )


def _column(found: Unusable) -> tuple[str, str]:
    """What is lost of one column, in English and Chinese."""
    en, zh = _named(found)
    return (
        f"{found.unusable:,} of {found.delivered:,} values of the column {found.header!r} ({found.column}) cannot be used "
        f"({found.share:.1%}){en}",
        f"“{found.header}”列（{found.column}）的 {found.delivered:,} 个值中有 {found.unusable:,} 个无法使用（{found.share:.1%}）{zh}",
    )


def _named(found: Unusable) -> tuple[str, str]:
    """The most frequent values, in English and Chinese; the workbook has those that a log must not hold."""
    if not found.values:
        return " (the workbook lists the values)", "（各值见工作簿）"
    return (
        ", most often " + ", ".join(f"{value!r} ({count:,})" for value, count in found.values),
        "，最多的是" + "、".join(f"“{value}”（{count:,}）" for value, count in found.values),
    )

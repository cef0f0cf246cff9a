"""Citizen identification numbers (GB 11643-1999): 6 digits of place, 8 of birth, 3 of sequence (odd: male), 1 check character.

The SQL works on `n`, the first 17 characters as one integer: digits are taken by division, which is far quicker than by text.
"""

from __future__ import annotations

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # 2 ** (18 - place) mod 11, GB 11643-1999 section 5
CHECK_CHARACTERS = "10X98765432"  # by the weighted sum mod 11 (ISO 7064 MOD 11-2)
# GB/T 2260: first two digits of issued numbers; 83 stands on residence permits of people from Taiwan, 91 for abroad.
PROVINCES = (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83, 91)
SYNTHETIC_PROVINCE = 99  # never issued: only in demonstration towns
FIRST_BIRTH_YEAR = 1900


def check_character(first17: str) -> str:
    """The 18th character for the first 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first17, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


def digits_sql(v: str) -> str:
    """`v` (folded text) as the integer of its first 17 digits; NULL when the shape is not that of an ID number."""
    return f"CASE WHEN strlen({v}) = 18 AND regexp_full_match({v}, '[0-9]{{17}}[0-9Xx]') THEN CAST(left({v}, 17) AS BIGINT) END"


def birth_sql(n: str) -> str:
    """Date of birth in `n`; NULL when there is no such day. Days are checked first, as make_date stops the query on a bad one."""
    year, month, day = f"({n} // 10000000 % 10000)", f"({n} // 100000 % 100)", f"({n} // 1000 % 100)"
    leap = f"({year} % 4 = 0 AND ({year} % 100 <> 0 OR {year} % 400 = 0))"
    last = f"(CASE WHEN {month} = 2 THEN CASE WHEN {leap} THEN 29 ELSE 28 END WHEN {month} IN (4, 6, 9, 11) THEN 30 ELSE 31 END)"
    real = f"{year} >= {FIRST_BIRTH_YEAR} AND {month} BETWEEN 1 AND 12 AND {day} >= 1 AND {day} <= {last}"
    return f"CASE WHEN {real} THEN make_date(CAST({year} AS INTEGER), CAST({month} AS INTEGER), CAST({day} AS INTEGER)) END"


def area_sql(n: str, synthetic: bool) -> str:
    """Whether `n` starts with a province."""
    codes = (*PROVINCES, SYNTHETIC_PROVINCE) if synthetic else PROVINCES
    spans = " OR ".join(f"{n} // 1000000000000000 BETWEEN {low} AND {high}" for low, high in _spans(codes))
    return f"({spans})"


def check_sql(n: str, v: str) -> str:
    """Whether the last character of `v` is the check character of `n`."""
    total = " + ".join(f"({n} // {10 ** (16 - place)} % 10) * {weight}" for place, weight in enumerate(WEIGHTS))
    return f"(upper(right({v}, 1)) = substr('{CHECK_CHARACTERS}', CAST(({total}) % 11 AS INTEGER) + 1, 1))"


def male_sql(n: str) -> str:
    """Whether the sequence number in `n` is odd, a man's."""
    return f"({n} % 2 = 1)"


def cause_sql(v: str, today: str, synthetic: bool) -> str:
    """Fault code of a text `v` that is no valid ID number; the surest cause first."""
    n = f"({digits_sql(v)})"
    return f"""CASE
        WHEN regexp_full_match({v}, '[0-9]([.][0-9]+)?[eE][+]?[0-9]+') THEN 'id_scientific'
        WHEN contains({v}, '*') THEN 'id_masked'
        WHEN regexp_full_match({v}, '[0-9]{{15}}') THEN 'id_15_digits'
        WHEN regexp_full_match({v}, '[0-9]{{15}}000') THEN 'id_float'
        WHEN length({v}) <> 18 THEN 'id_length'
        WHEN {n} IS NULL THEN 'id_characters'
        WHEN NOT {area_sql(n, synthetic)} THEN 'id_area'
        WHEN ({birth_sql(n)}) IS NULL OR ({birth_sql(n)}) > {today} THEN 'id_date'
        ELSE 'id_check_digit' END"""


def _spans(codes: tuple[int, ...]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for code in sorted(codes):
        if spans and spans[-1][1] == code - 1:
            spans[-1] = (spans[-1][0], code)
        else:
            spans.append((code, code))
    return spans

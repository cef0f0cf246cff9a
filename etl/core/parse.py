"""SQL that turns a delivered text into a value of its kind, or NULL; and SQL that says why it could not.

All expressions take `v`, a column that `folded` and `filled` have been through. The common spelling is tried first: a CASE works
on what is left, so that a clean delivery pays for one comparison and a messy one for a few regular expressions.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from data.codes import code_list
from data.schema import Column
from etl.core.units import TENS, value_units

_FULL = "".join(map(chr, range(0xFF01, 0xFF5F)))
_HALF = "".join(map(chr, range(0x21, 0x7F)))
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_SPACE = "\u3000\u00a0\u2007\u202f"
# What stands in an empty cell. 无 and None are values of text and of code lists, and empty elsewhere.
BLANKS = (
    "", "-", "--", "---", "—", "——", "/", "\\", "NULL", "null", "Null", "<Null>", "<NULL>", "<null>", "<空>", "(空)",
    "nan", "NaN", "NaT", "N/A", "n/a", "#N/A", "不详", "暂无",
)  # fmt: skip
_WORDS_FOR_NOTHING = ("无", "没有", "None", "none")
_SPREADSHEET_ERRORS = ("#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!")
# Columns that tell of something that has happened: a date after today is an error.
PAST = frozenset({
    "birth_date", "verified_on", "arrived_on", "last_check_in", "let_since", "hazard_open_since", "inspected_on", "state_since",
    "opened_on", "closed_on", "counted_on",
})  # fmt: skip


def quoted(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def folded(v: str) -> str:
    """`v` trimmed, with full-width letters, digits and marks folded to half-width and invisible characters dropped.

    `translate` costs microseconds a value, so it sees only what needs it.
    """
    full, half = quoted(_FULL + _SPACE + "￥" + _INVISIBLE), quoted(_HALF + " " * len(_SPACE) + "¥")
    odd = quoted(f"[{_INVISIBLE}{_SPACE}！-～￥]")
    edges = "e' \\t\\r\\n\\f\\v'".replace("\\f", "\f").replace("\\v", "\v")
    return f"""CASE WHEN strlen({v}) = length({v}) THEN trim({v}, {edges})
        WHEN regexp_matches({v}, {odd}) THEN trim(translate({v}, {full}, {half}), {edges}) ELSE trim({v}, {edges}) END"""


def filled(f: str, column: Column) -> str:
    """`f` (folded), or NULL when it only fills an empty cell."""
    words = BLANKS if column.kind in ("text", "code", "yes_no") else (*BLANKS, *_WORDS_FOR_NOTHING)
    return f"CASE WHEN strlen({f}) < 7 AND {f} IN ({', '.join(map(quoted, words))}) THEN NULL ELSE {f} END"


def parse_sql(column: Column, v: str, factor: str = "1.0", timezone: str = "Asia/Shanghai") -> str:
    """SQL for the value of `column` in `v`; NULL when `v` is NULL or cannot be read. `factor` scales numbers without a unit."""
    match column.kind:
        case "text":
            return f"CASE WHEN starts_with({v}, '#') AND {v} IN {_errors()} THEN NULL ELSE {v} END"
        case "code":
            return code_sql(column.codes or "", v)
        case "key":
            return _key(v)
        case "integer":
            return _integer(column, v, factor)
        case "number" | "area_m2":
            return _number(column, v, factor)
        case "year":
            return _year(v)
        case "date":
            return date_sql(v, timezone)
        case "yes_no":
            return _yes_no(v)
        case "phone":
            return _phone(v)
        case "list":
            return _list(v)
        case "id_number":
            return f"upper({v})"


def cause_sql(column: Column, v: str) -> str:
    """SQL for the fault code of a text `v` that `parse_sql` cannot read (ID numbers have their own in `id_number`)."""
    if column.kind in ("text", "list"):
        return "'spreadsheet_error'"
    plain = {
        "code": "'unknown_code'",
        "key": "'number_as_float'",
        "integer": _integer_cause(column, v),
        "number": "'not_a_number'",
        "area_m2": "'not_a_number'",
        "year": "'not_a_year'",
        "date": _date_cause(v),
        "yes_no": "'not_yes_no'",
        "phone": _phone_cause(v),
    }[column.kind]
    return f"CASE WHEN {v} IN {_errors()} THEN 'spreadsheet_error' ELSE {plain} END"


def _errors() -> str:
    return f"({', '.join(map(quoted, _SPREADSHEET_ERRORS))})"


# --- texts


def _key(v: str) -> str:
    """Numbers that a spreadsheet or DBF wrote with decimals lose them; scientific notation has lost digits and is refused."""
    return f"""CASE WHEN contains({v}, '.') AND regexp_full_match({v}, '[0-9]+[.]0+') THEN split_part({v}, '.', 1)
        WHEN contains({v}, '+') AND {_is_float(v)} THEN NULL
        WHEN starts_with({v}, '#') AND {v} IN {_errors()} THEN NULL
        WHEN starts_with({v}, '''') THEN substr({v}, 2) ELSE {v} END"""


def _is_float(v: str) -> str:
    return f"regexp_full_match({v}, '[0-9]([.][0-9]+)?[eE][+][0-9]+')"


def _list(v: str) -> str:
    parts = f"list_filter(list_transform(regexp_split_to_array({v}, '[、,;/|\\n]'), lambda x: trim(x)), lambda x: x <> '')"
    return f"CASE WHEN {v} IS NULL THEN NULL WHEN regexp_matches({v}, '[、,;/|\\n]') THEN {parts} ELSE [{v}] END"


def _phone(v: str) -> str:
    """Digits only. Mobile numbers, landlines with or without area code, 400 and 800 numbers."""
    bare = f"regexp_replace(regexp_replace({v}, '[.]0+$', ''), '[-() ]', '', 'g')"
    number = f"regexp_replace({bare}, '^([+]|00)?86(1[3-9][0-9]{{9}}|0?[1-9][0-9]{{9,10}})$', '\\2')"
    known = "1[3-9][0-9]{9}|0[1-9][0-9]{1,2}[2-9][0-9]{6,7}|[2-9][0-9]{6,7}|[48]00[0-9]{7}"
    return f"""CASE WHEN regexp_full_match({v}, '1[3-9][0-9]{{9}}') THEN {v}
        WHEN regexp_full_match({number}, '{known}') THEN {number} END"""


def _phone_cause(v: str) -> str:
    return f"CASE WHEN {_is_float(v)} THEN 'number_as_float' ELSE 'phone_invalid' END"


# --- lists of spellings: an ENUM is a hash table that is part of the expression


def _lookup(v: str, spellings: Mapping[str, str], kind: str) -> str:
    """The value (SQL) of the spelling `v`, by hash; NULL when there is none."""
    names = ", ".join(map(quoted, spellings))
    return f"(CAST([{', '.join(spellings.values())}] AS {kind}[]))[enum_code(TRY_CAST({v} AS ENUM({names}))) + 1]"


def code_sql(codes: str, v: str) -> str:
    """The code of list `codes` that `v` gives as code, Chinese or English name or alias, whatever its case and spacing."""
    spellings = {spelling: quoted(code) for spelling, code in code_spellings(codes).items()}
    return f"""coalesce({_lookup(f"lower({v})", spellings, "VARCHAR")},
        CASE WHEN {v} IS NOT NULL THEN {_lookup(f"regexp_replace(lower({v}), '[ _-]', '', 'g')", spellings, "VARCHAR")} END)"""


@cache
def code_spellings(codes: str) -> dict[str, str]:
    """Every accepted spelling (lower case) of the list `codes` → its code. Codes go before names, names before aliases."""
    entries = code_list(codes)
    spellings: dict[str, str] = {}
    for names in (
        [(entry.code, entry.code) for entry in entries],
        [(name, entry.code) for entry in entries for name in (entry.zh, entry.en)],
        [(alias, entry.code) for entry in entries for alias in entry.aliases],
        # Spreadsheets drop leading zeros and add decimals; people write code and name together.
        [(loose, e.code) for e in entries for loose in (e.code.lstrip("0"), f"{e.code}.0", f"{e.code}{e.zh}", f"{e.code}.{e.zh}")],
    ):
        for name, code in names:
            for spelling in (name.lower(), "".join(c for c in name.lower() if c not in " _-")):
                if spelling:
                    spellings.setdefault(spelling, code)
    return spellings


_YES = ("是", "有", "已", "√", "✓", "✔", "☑", "y", "yes", "t", "true", "1", "1.0", "对", "是的", "on", "已有", "已签", "属于")
_NO = ("否", "无", "未", "×", "✗", "✘", "x", "n", "no", "f", "false", "0", "0.0", "没有", "不是", "非", "不", "off", "未签", "不属于", "☐")


def _yes_no(v: str) -> str:
    spellings = {**dict.fromkeys(_YES, "true"), **dict.fromkeys(_NO, "false")}
    yes, no = f"regexp_full_match({v}, '已.{{1,4}}')", f"regexp_full_match({v}, '(未[^知明详]|没有|无).{{0,4}}')"
    done = f"CASE WHEN {yes} THEN true WHEN {no} THEN false END"
    return f"coalesce({_lookup(f'lower({v})', spellings, 'BOOLEAN')}, {done})"


# --- numbers

_PLAIN = "[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?"
_CHINESE_DIGITS = "一二三四五六七八九十"


def _number(column: Column, v: str, factor: str) -> str:
    """A plain number times `factor`; else thousands separators, 万 and a unit, which then goes before `factor`."""
    units = value_units(column)
    names = "|".join(sorted(map(_escaped, units), key=len, reverse=True))
    pattern = quoted(f"([+-]?[0-9]*[.]?[0-9]+) *([{''.join(TENS)}]?)({names})?")
    bare = _without_commas(f"lower({v})")
    part = [f"regexp_extract({bare}, {pattern}, {group})" for group in (1, 2, 3)]
    tens = f"CASE {part[1]} {_whens(TENS)} ELSE 1 END"
    scaled = {name: value for name, value in units.items() if value != 1.0}
    unit = f"CASE {part[2]} WHEN '' THEN {factor} {_whens(scaled)} ELSE 1 END"
    return f"""CASE WHEN regexp_full_match({v}, '{_PLAIN}') THEN CAST({v} AS DOUBLE) * {factor}
        WHEN regexp_full_match({bare}, {pattern}) THEN CAST({part[0]} AS DOUBLE) * {tens} * {unit} END"""


def _integer(column: Column, v: str, factor: str) -> str:
    """A whole number. The last way goes by the text of a DOUBLE ("3.0"), so that the long expression stands there once."""
    number = f"({_number(column, v, factor)})"
    chinese = f"regexp_full_match({v}, '[{_CHINESE_DIGITS}两]({'|'.join(map(_escaped, value_units(column)))})?')"
    digit = f"CAST(strpos('{_CHINESE_DIGITS}', CASE left({v}, 1) WHEN '两' THEN '二' ELSE left({v}, 1) END) AS BIGINT)"
    plain = "" if factor != "1.0" else f"WHEN regexp_full_match({v}, '-?[0-9]{{1,15}}') THEN CAST({v} AS BIGINT)"
    return f"""CASE {plain} WHEN {v} IS NULL THEN NULL WHEN {chinese} THEN {digit}
        ELSE TRY_CAST(regexp_extract(CAST({number} AS VARCHAR), '^(-?[0-9]+)[.]0$', 1) AS BIGINT) END"""


def _integer_cause(column: Column, v: str) -> str:
    return f"CASE WHEN ({_number(column, v, '1.0')}) IS NULL THEN 'not_a_number' ELSE 'not_an_integer' END"


def _without_commas(v: str) -> str:
    """`v` without commas where they separate thousands; "1,5" stays as it is and is no number."""
    return f"CASE WHEN regexp_matches({v}, '^[+-]?[0-9]{{1,3}}(,[0-9]{{3}})+([^0-9,]|$)') THEN replace({v}, ',', '') ELSE {v} END"


def _whens(values: Mapping[str, float]) -> str:
    return " ".join(f"WHEN {quoted(name)} THEN CAST({value!r} AS DOUBLE)" for name, value in values.items())


def _escaped(unit: str) -> str:
    return "".join(f"[{sign}]" if sign in ".*+?()|" else sign for sign in unit)


# --- days and years


def _year(v: str) -> str:
    months = "年((0?[1-9]|1[0-2])月([0-9]{1,2}[日号]?)?|建成?|竣工)?"
    days = "[-/.][0-9]{1,2}([-/.][0-9]{1,2}([T ].*)?)?|(0[1-9]|1[0-2])([0-3][0-9])?"
    return f"""CASE WHEN regexp_full_match({v}, '[12][0-9]{{3}}') THEN CAST({v} AS INTEGER)
        WHEN regexp_full_match({v}, '[12][0-9]{{3}}([.]0+|{months}|{days})') THEN CAST(left({v}, 4) AS INTEGER) END"""


MONTH_ONLY = "[12][0-9]{3}([-/.][0-9]{1,2}|年[0-9]{1,2}月?|(0[1-9]|1[0-2]))"
_OFFSET = "(z|Z|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})"
_DAY = "[12][0-9]{3}[-/.][0-9]{1,2}[-/.][0-9]{1,2}"
_CLOCK = "[T ]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?"


def date_sql(v: str, timezone: str) -> str:
    """A day. Months count as their first day; an instant with an offset is the day that it was in `timezone`."""
    w = f"regexp_replace({v}, ' *([-/.年月日号]) *', '\\1', 'g')"  # "2023 年 5 月 1 日"
    compact = f"left({v}, 4) || '-' || substr({v}, 5, 2) || '-' || coalesce(nullif(substr({v}, 7, 2), ''), '01')"
    instant = f"regexp_replace(replace({w}, '/', '-'), '([+-][0-9]{{2}}):?([0-9]{{2}})$', '\\1:\\2')"
    chinese = "[12][0-9]{3}年[0-9]{1,2}月[0-9]{1,2}"
    return f"""CASE WHEN regexp_full_match({v}, '[12][0-9]{{3}}-[0-9]{{1,2}}-[0-9]{{1,2}}') THEN TRY_CAST({v} AS DATE)
        WHEN {v} IS NULL THEN NULL
        WHEN regexp_full_match({v}, '(1[89]|20|21)[0-9]{{2}}(0[1-9]|1[0-2])([0-9]{{2}})?') THEN TRY_CAST({compact} AS DATE)
        WHEN regexp_full_match({v}, '([1-6][0-9]{{4}}|7[0-3][0-9]{{3}}|[3-9][0-9]{{3}})([.][0-9]+)?') THEN {_serial(v)}
        WHEN regexp_full_match({w}, '{_DAY}|{chinese}[日号]?') THEN TRY_CAST({_dashed(w)} AS DATE)
        WHEN regexp_full_match({w}, '{MONTH_ONLY}') THEN TRY_CAST({_dashed(w)} || '-01' AS DATE)
        WHEN regexp_full_match({w}, '{_DAY}{_CLOCK} *{_OFFSET}')
            THEN CAST(TRY_CAST({instant} AS TIMESTAMPTZ) AT TIME ZONE {quoted(timezone)} AS DATE)
        WHEN regexp_full_match({w}, '{_DAY}{_CLOCK}') THEN TRY_CAST({_dashed(f"regexp_extract({w}, '{_DAY}')")} AS DATE)
        WHEN regexp_full_match({w}, '{chinese}日 *[0-9]{{1,2}}[:时].*')
            THEN TRY_CAST({_dashed(f"regexp_extract({w}, '{chinese}')")} AS DATE)
        END"""


def _dashed(day: str) -> str:
    """`day` with dashes between its numbers, as a DATE is written."""
    return f"rtrim(regexp_replace({day}, '[-/.年月日号]+', '-', 'g'), '-')"


def _serial(v: str) -> str:
    """Day of an Excel serial. 1900 counts as a leap year there, so that day 0 is 1899-12-30 for all dates from March 1900."""
    return f"(DATE '1899-12-30' + CAST(floor(CAST({v} AS DOUBLE)) AS INTEGER))"


def _date_cause(v: str) -> str:
    full = f"regexp_matches({v}, '^[12][0-9]{{3}} *[-/.年] *[0-9]{{1,2}}') OR regexp_full_match({v}, '[12][0-9]{{7}}')"
    short = f"regexp_matches({v}, '^''?[0-9]{{2}} *[-/.年] *[0-9]{{1,2}}([-/.月]|$)') OR regexp_full_match({v}, '[0-9]{{6}}')"
    last = (
        f"regexp_matches({v}, '^''?[0-9]{{1,2}} *[-/.] *[0-9]{{1,2}} *[-/.] *[12][0-9]{{3}}($|[T ])')"  # 01/05/2026: in May or in January?
    )
    return f"""CASE WHEN {full} THEN 'date_impossible' WHEN {last} THEN 'date_year_last' WHEN {short} THEN 'date_two_digit_year'
        WHEN regexp_full_match({v}, '[12][0-9]{{3}}年?') THEN 'date_year_only' ELSE 'not_a_date' END"""

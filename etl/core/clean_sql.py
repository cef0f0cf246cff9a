"""The one SELECT that turns raw text into typed rows, layer by layer: fold → fill → parse → check ID numbers → decide.

A bit of `__bad` stands for each column with a bad value, so that faults, which are few, are looked at again one column at a time
instead of being carried along by all rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data.schema import Column, Table
from etl.core import id_number
from etl.core.mapping import SERIAL_HEADERS, Mapping_, normal, required_names
from etl.core.parse import MONTH_ONLY, PAST, filled, folded, parse_sql, quoted
from etl.core.town_file import ROW_NUMBER, Dataset
from etl.core.units import header_factor

CITIZEN = "111"  # id_type whose number is a citizen identification number; an empty id_type counts as it
SEX_BIT, BIRTH_BIT = 61, 62
EXAMPLE_ROWS = ("示例", "例", "样例", "填写示例", "填写说明")  # what the example row of a template has in the running number


@dataclass(frozen=True)
class CleanSql:
    """SQL over the table `raw` (quoted for SQL) with the attribute columns `raw_headers`, from one or `many_files`.

    Columns of the layers: `f:header` folded, `v:column` filled text, `c:column` parsed, `__n` digits of an ID number, `__born` the day
    in it, `__sound` whether it is valid.
    """

    raw: str
    raw_headers: tuple[str, ...]
    many_files: bool
    has_wkb: bool
    dataset: Dataset
    table: Table
    mapping: Mapping_
    today: date
    delivered_at: date
    synthetic: bool
    timezone: str

    def select(self) -> str:
        """Every row of `raw` but examples: the contract's columns, `__file, __sheet, __row, __wkb`, `__rid` (its rowid) and `__bad`."""
        fill = ", ".join(f"{self.filled(column)} AS {v(column.name)}" for column in self.fed)
        parsed = ", ".join(f"{self.parsed(column, v(column.name))} AS {c(column.name)}" for column in self.fed)
        ids = f", {id_number.digits_sql(v('id_number'))} AS __n" if self.has_id else ""
        dated = f", {id_number.birth_sql('__n')} AS __born" if self.has_id else ""
        sound = f", {self._sound()} AS __sound" if self.has_id else ""
        return f"""
            SELECT {", ".join(f"{self._final(column)} AS {q(column.name)}" for column in self.table.all_columns)},
                __file, __sheet, __row, __wkb, __rid, {self._bad()} AS __bad
            FROM (SELECT *{sound} FROM (SELECT *{dated} FROM (SELECT *, {parsed}{ids} FROM (SELECT *, {fill} FROM ({self._folded()})))))"""

    def _folded(self) -> str:
        wkb = "r.__wkb" if self.has_wkb else "CAST(NULL AS BLOB)"
        lineage = f"r.__file, r.__sheet, r.__row, {wkb} AS __wkb, r.rowid AS __rid"
        headers = dict.fromkeys(source.header for sources in self.mapping.sources.values() for source in sources)
        serials = [header for header in self.raw_headers if normal(header) in SERIAL_HEADERS]
        samples = (
            f" WHERE r.{q(serials[0])} IS NULL OR trim(r.{q(serials[0])}) NOT IN ({', '.join(map(quoted, EXAMPLE_ROWS))})"
            if serials
            else ""
        )
        return f"SELECT {fold(tuple(headers))} {lineage} FROM {self.raw} AS r{samples}"

    # --- what feeds a column

    @property
    def fed(self) -> list[Column]:
        """Columns that a header or a constant feeds, in contract order; the place in this list is the column's bit."""
        given = {*self.mapping.sources, *self.dataset.constants}
        return [column for column in self.table.all_columns if column.name in given]

    def has(self, name: str) -> bool:
        """Whether something feeds the column `name`."""
        return name in self.mapping.sources or name in self.dataset.constants

    @property
    def has_id(self) -> bool:
        """Whether the table has a citizen's number that a header feeds."""
        return "id_number" in self.mapping.sources and self.table.column("id_number").kind == "id_number"

    def filled(self, column: Column) -> str:
        """Text of `column` on the folded layer: the constant, or the first filled header."""
        if column.name in self.dataset.constants:
            return quoted(self.dataset.constants[column.name])
        texts = [self._text(source.header, column) for source in self.mapping.sources[column.name]]
        return self._translated(column, texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})")

    def _translated(self, column: Column, text: str) -> str:
        """`text` with the town file's own translations of delivered values; "" empties the cell."""
        pairs = self.dataset.values.get(column.name)
        if not pairs:
            return text
        whens = " ".join(f"WHEN {quoted(old)} THEN nullif({quoted(new)}, '')" for old, new in pairs.items())
        return f"(CASE {text} {whens} ELSE {text} END)"

    def _text(self, header: str, column: Column) -> str:
        if header != ROW_NUMBER:
            return filled(q("f:" + header), column)
        # Several files repeat the same row numbers.
        return "concat_ws('#', __file, __sheet, __row)" if self.many_files else "CAST(__row AS VARCHAR)"

    def parsed(self, column: Column, text: str) -> str:
        """Value of `column` in the filled `text`."""
        return parse_sql(column, text, self._factor(column), self.timezone)

    def _factor(self, column: Column) -> str:
        """Factor of the unit that the header names; by header when a column has several."""
        if column.name in self.dataset.constants:
            return "1.0"
        sources = self.mapping.sources[column.name]
        factors = [repr(header_factor(column, source.unit)) for source in sources]
        if len(set(factors)) == 1:
            return factors[0]
        whens = (f"WHEN {self._text(s.header, column)} IS NOT NULL THEN CAST({f} AS DOUBLE)" for s, f in zip(sources, factors, strict=True))
        return f"(CASE {' '.join(whens)} END)"

    # --- what is wrong

    def _sound(self) -> str:
        """Whether the row holds a valid citizen number; NULL where the document is of another kind."""
        other = f"{c('id_type')} <> '{CITIZEN}'" if self.has("id_type") else "false"
        valid = f"__born <= {self.day} AND {id_number.area_sql('__n', self.synthetic)} AND {id_number.check_sql('__n', v('id_number'))}"
        return f"CASE WHEN {other} THEN NULL ELSE coalesce({valid}, false) END"

    @property
    def day(self) -> str:
        """Today, in SQL."""
        return f"DATE '{self.today}'"

    def _bad(self) -> str:
        bits = {bit: self._is_bad(column) for bit, column in enumerate(self.fed)} | self.clashes()
        return f"CAST({' + '.join(f'CASE WHEN {wrong} THEN {1 << bit} ELSE 0 END' for bit, wrong in bits.items())} AS BIGINT)"

    def _is_bad(self, column: Column) -> str:
        """Whether the value of `column` is missing though required, unreadable or out of bounds."""
        wrong = f"{c(column.name)} IS NULL"
        if column.kind == "id_number":
            wrong = "__sound = false"
        elif bounds := self._bounds(column):
            wrong = f"({wrong} OR NOT {bounds})"
        if column.name in required_names(self.table):
            return f"({v(column.name)} IS NULL OR {wrong})"
        return f"({v(column.name)} IS NOT NULL AND {wrong})"

    def _bounds(self, column: Column) -> str:
        """Condition that a read value lies in its bounds; empty when there are none."""
        value = c(column.name)
        if column.after:
            since = f"coalesce({c(column.after)}, DATE '{self.delivered_at}')" if self.has(column.after) else f"DATE '{self.delivered_at}'"
            return f"({value} - {since} BETWEEN {column.low or 0:g} AND {column.high or 0:g})"
        if column.kind == "date":
            return f"({value} <= {self.day})" if column.name in PAST else ""
        limits = [f"{value} {sign} {limit!r}" for sign, limit in ((">=", column.low), ("<=", self.highest(column))) if limit is not None]
        return f"({' AND '.join(limits)})" if limits else ""

    def highest(self, column: Column) -> float | None:
        """Upper bound of `column`. Nobody builds, plants or surveys later than the year after the delivery, for which plans exist."""
        if column.kind != "year":
            return column.high
        next_year = self.delivered_at.year + 1
        return next_year if column.high is None else min(column.high, next_year)

    def clashes(self) -> dict[int, str]:
        """Disagreements with a valid ID number, by bit."""
        clashes: dict[int, str] = {}
        if self.has_id and self.has("sex"):
            sex = c("sex")
            clashes[SEX_BIT] = f"coalesce(__sound AND {sex} IN ('1', '2') AND ({sex} = '1') <> {id_number.male_sql('__n')}, false)"
        if self.has_id and self.has("birth_date"):
            clashes[BIRTH_BIT] = f"coalesce(__sound AND {c('birth_date')} <> __born AND NOT {self._same_month()}, false)"
        return clashes

    def _same_month(self) -> str:
        """Whether the delivered date of birth is only a month ("1985.3"), and that of the ID number.

        A spreadsheet makes "1985.1" of October, "1985.10", so that this one text stands for both months.
        """
        given, born = v("birth_date"), c("birth_date")
        october = f"({given} LIKE '%.1' AND date_trunc('month', __born) = {born} + INTERVAL 9 MONTH)"
        month = f"regexp_full_match({given}, '{MONTH_ONLY}') AND (date_trunc('month', __born) = {born} OR {october})"
        return f"(CASE WHEN {born} <> __born THEN {month} ELSE false END)"

    # --- what stays

    def _final(self, column: Column) -> str:
        """What `clean` holds for `column`."""
        match column.name:
            case "source":
                value = quoted(self.dataset.name)
            case "delivered_at":
                value = f"DATE '{self.delivered_at}'"
            case "birth_date" if self.has_id:
                value = self._birth_date(column)
            case "id_type" if self.has_id:
                value = f"CASE WHEN __sound THEN '{CITIZEN}' ELSE {self._value(column)} END"
            case name if (name,) == self.table.key:
                value = self._key(column)
            case _:
                value = self._value(column)
        return f"CAST({value} AS {column.duckdb_type})"

    def _value(self, column: Column) -> str:
        if not self.has(column.name):
            return "NULL"
        bounds = self._bounds(column)
        return f"CASE WHEN {bounds} THEN {c(column.name)} END" if bounds else c(column.name)

    def _birth_date(self, column: Column) -> str:
        """The delivered day; that of the ID number where there is none, or only its month."""
        if not self.has(column.name):
            return "CASE WHEN __sound THEN __born END"
        value = self._value(column)
        return f"CASE WHEN __sound AND ({value} IS NULL OR {self._same_month()}) THEN __born ELSE {value} END"

    def _key(self, column: Column) -> str:
        value = self._value(column)
        if self.table.key_from:
            value = f"coalesce({value}, {self._hashed()})"
        return f"{quoted(self.dataset.key_prefix)} || {value}" if self.dataset.key_prefix else value

    def _hashed(self) -> str:
        """80 bits of SHA-256 over the columns that stand for the key: among 100 million rows a collision has odds of 1 to 10⁸."""
        empty = {"id_type": CITIZEN}
        parts = (
            f"coalesce(CAST({self._value(self.table.column(name))} AS VARCHAR), '{empty.get(name, '')}')" for name in self.table.key_from
        )
        return f"left(sha256(concat_ws('|', {', '.join(parts)})), 20)"


def fold(headers: tuple[str, ...]) -> str:
    """The folded layer of `headers` of the table `r`, ending with a comma; empty when there are none."""
    return "".join(f"{folded(f'r.{q(header)}')} AS {q('f:' + header)}, " for header in headers if header != ROW_NUMBER)


def q(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def v(name: str) -> str:
    """The filled text of the column `name`."""
    return q("v:" + name)


def c(name: str) -> str:
    """The parsed value of the column `name`."""
    return q("c:" + name)

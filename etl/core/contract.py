"""From raw text to typed rows: one pass of SQL over a dataset, and one row in `fault` for every value that it could not take.

The pass works in layers of one SELECT: fold → fill → parse → check ID numbers → decide. A bit of `__bad` stands for each column with
a bad value, so that faults, which are few, are looked at again one column at a time instead of being carried along by all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath

import duckdb

from data.codes import code_list
from data.errors import ContractError
from data.schema import Column, Table
from etl.core import id_number
from etl.core.fault import FAULT_COLUMNS, FAULTS
from etl.core.mapping import Mapping_, required_names
from etl.core.parse import MONTH_ONLY, PAST, cause_sql, filled, folded, parse_sql, quoted
from etl.core.spec import Damaged
from etl.core.town_file import ROW_NUMBER, Dataset
from etl.core.units import header_factor

LINEAGE_COLUMNS = ("__file", "__sheet", "__row", "__wkb")
CITIZEN = "111"  # id_type whose number is a citizen identification number; an empty id_type counts as it
_SEX_BIT, _BIRTH_BIT = 61, 62
_SHOWN = 200  # characters of a value in a fault


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one dataset. `rows` = `good` + `refused`; `warnings` and `by_code` count faults."""

    dataset: str
    rows: int
    good: int
    refused: int
    warnings: int
    by_code: dict[str, int] = field(default_factory=dict)

    @property
    def refused_share(self) -> float:
        """Share of refused rows; 0 for an empty dataset."""
        return self.refused / self.rows if self.rows else 0.0


def check(
    con: duckdb.DuckDBPyConnection,
    raw: str,
    clean: str,
    dataset: Dataset,
    table: Table,
    mapping: Mapping_,
    today: date,
    delivered_at: date,
    *,
    synthetic: bool = False,
    timezone: str = "Asia/Shanghai",
    damaged: Sequence[tuple[str, str | None, Damaged]] = (),
) -> CheckResult:
    """Create the table `clean` from the table `raw`, and append what is wrong to `fault`.

    `clean` has every column of the contract in its order (NULL where nothing feeds it), then `__file, __sheet, __row, __wkb`; refused
    rows are left out. `damaged` are lines that the reader gave up: (file, sheet, line). Nothing is judged about the dataset as a whole
    here: write the quarantine first, then call `enforce`. Raises ContractError when a constant of the town file cannot be read.
    """
    return _Check(con, ident(raw), ident(clean), dataset, table, mapping, today, delivered_at, synthetic, timezone).run(damaged)


def enforce(dataset: Dataset, result: CheckResult) -> None:
    """Raises ContractError with the counts by reason when the refused share of `dataset` exceeds its limit."""
    if result.refused_share <= dataset.max_bad_share:
        return
    reasons = ", ".join(f"{code} {count:,}" for code, count in result.by_code.items())
    raise ContractError(
        f"Dataset {dataset.name!r} ({dataset.file}): {result.refused:,} of {result.rows:,} rows were refused "
        f"({result.refused_share:.1%}; the limit is {dataset.max_bad_share:.1%}): {reasons}.",
        remedy="Correct the rows in the quarantine workbook and deliver again, or raise max_bad_share; the previous snapshot stays.",
    )


def ident(name: str) -> str:
    """`name` quoted for SQL, part by part; a name that is quoted already stays as it is."""
    return name if '"' in name else ".".join(f'"{part}"' for part in name.split("."))


def create_fault_table(con: duckdb.DuckDBPyConnection) -> None:
    """The table `fault` of docs/architecture.md, section 2, if it is not there."""
    con.execute(f"CREATE TABLE IF NOT EXISTS fault ({', '.join(f'{name} {kind}' for name, kind in FAULT_COLUMNS)})")


@dataclass(frozen=True)
class _Check:
    """One dataset on its way. Columns of the layers: `f:header` folded, `v:column` filled text, `c:column` parsed."""

    con: duckdb.DuckDBPyConnection
    raw: str
    clean: str
    dataset: Dataset
    table: Table
    mapping: Mapping_
    today: date
    delivered_at: date
    synthetic: bool
    timezone: str

    def run(self, damaged: Sequence[tuple[str, str | None, Damaged]]) -> CheckResult:
        create_fault_table(self.con)
        self.con.execute("DELETE FROM fault WHERE dataset = ?", [self.dataset.name])
        self._check_constants()
        self.con.execute(f"CREATE OR REPLACE TABLE {self.clean} AS {self._select()}")
        rows = self._count("true")
        self._report_values()
        self._report_clashes()
        self._refuse()
        self._report_damaged(damaged)
        return self._result(rows + len(damaged))

    # --- the pass

    def _select(self) -> str:
        fed = self._fed
        fold = ", ".join(f"{folded(f'r.{_q(header)}')} AS {_q('f:' + header)}" for header in self._headers)
        fill = ", ".join(f"{self._filled(column)} AS {_q('v:' + column.name)}" for column in fed)
        parsed = ", ".join(f"{self._parsed(column)} AS {_q('c:' + column.name)}" for column in fed)
        ids = f", {id_number.digits_sql(_v('id_number'))} AS __n" if self._has_id else ""
        dated = f", {id_number.birth_sql('__n')} AS __born" if self._has_id else ""
        sound = f", {self._sound_id()} AS __sound" if self._has_id else ""
        return f"""
            SELECT {", ".join(f"{self._final(column)} AS {_q(column.name)}" for column in self.table.all_columns)},
                __file, __sheet, __row, __wkb, __rid, {self._bad()} AS __bad
            FROM (SELECT *{sound} FROM (SELECT *{dated} FROM (SELECT *, {parsed or "NULL"}{ids} FROM (SELECT *, {fill or "NULL"} FROM (
                SELECT {_comma(fold)} r.__file, r.__sheet, r.__row, {self._wkb()} AS __wkb, r.rowid AS __rid FROM {self.raw} AS r)))))"""

    @property
    def _fed(self) -> list[Column]:
        given = set(self.mapping.sources) | set(self.dataset.constants)
        return [column for column in self.table.all_columns if column.name in given]

    @property
    def _headers(self) -> list[str]:
        headers = (source.header for sources in self.mapping.sources.values() for source in sources)
        return [header for header in dict.fromkeys(headers) if header != ROW_NUMBER]

    @property
    def _has_id(self) -> bool:
        return "id_number" in self.mapping.sources and any(column.kind == "id_number" for column in self.table.columns)

    def _wkb(self) -> str:
        names = {row[0] for row in self.con.execute(f"DESCRIBE {self.raw}").fetchall()}
        return "r.__wkb" if "__wkb" in names else "NULL::BLOB"

    def _filled(self, column: Column) -> str:
        """Text of `column`: the constant, or the first filled header."""
        if column.name in self.dataset.constants:
            return quoted(self.dataset.constants[column.name])
        texts = [
            self._row_key() if source.header == ROW_NUMBER else filled(_q("f:" + source.header), column)
            for source in self.mapping.sources[column.name]
        ]
        return texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"

    def _row_key(self) -> str:
        """The row number; with the file's name before it when several files would repeat the number."""
        files = self.con.execute(f"SELECT DISTINCT __file, __sheet FROM {self.raw} LIMIT 1000").fetchall()
        if len(files) < 2:
            return "CAST(__row AS VARCHAR)"
        names = {(file, sheet): f"{PurePath(file).stem}-{sheet}-" if sheet else f"{PurePath(file).stem}-" for file, sheet in files}
        whens = " ".join(
            f"WHEN __file = {quoted(file)} AND __sheet IS NOT DISTINCT FROM {quoted(sheet) if sheet else 'NULL'} THEN {quoted(name)}"
            for (file, sheet), name in names.items()
        )
        return f"(CASE {whens} END || CAST(__row AS VARCHAR))"

    def _parsed(self, column: Column) -> str:
        return parse_sql(column, _v(column.name), self._factor(column), self.timezone)

    def _factor(self, column: Column) -> str:
        """Factor of the unit that the header names; by header when a column has several."""
        sources = self.mapping.sources.get(column.name, ())
        factors = [repr(header_factor(column, source.unit)) for source in sources]
        if column.name in self.dataset.constants or len(set(factors)) < 2:
            return factors[0] if factors and column.name not in self.dataset.constants else "1.0"
        whens = " ".join(
            f"WHEN {filled(_q('f:' + source.header), column)} IS NOT NULL THEN CAST({factor} AS DOUBLE)"
            for source, factor in zip(sources, factors, strict=True)
        )
        return f"(CASE {whens} END)"

    # --- decisions, all on the parsed layer

    def _sound_id(self) -> str:
        """Whether the row holds a valid citizen number; NULL where the document is of another kind."""
        other = f"{_c('id_type')} <> '{CITIZEN}'" if self._has("id_type") else "false"
        valid = f"__born <= {self._today} AND {id_number.area_sql('__n', self.synthetic)} AND {id_number.check_sql('__n', _v('id_number'))}"
        return f"CASE WHEN {other} THEN NULL ELSE coalesce({valid}, false) END"

    def _has(self, name: str) -> bool:
        return any(column.name == name for column in self._fed)

    @property
    def _today(self) -> str:
        return f"DATE '{self.today}'"

    def _is_bad(self, column: Column) -> str:
        """Whether the value of `column` is missing, unreadable or out of bounds."""
        v, c = _v(column.name), _c(column.name)
        wrong = f"{c} IS NULL"
        if column.kind == "id_number":
            wrong = "__sound = false"
        elif bounds := self._bounds(column):
            wrong = f"({wrong} OR NOT {bounds})"
        if column.name in required_names(self.table):
            return f"({v} IS NULL OR {wrong})"
        return f"({v} IS NOT NULL AND {wrong})"

    def _bounds(self, column: Column) -> str:
        c = _c(column.name)
        if column.kind == "date" and column.name in PAST:
            return f"({c} <= {self._today})"
        limits = [f"{c} >= {column.low!r}" if column.low is not None else "", f"{c} <= {column.high!r}" if column.high is not None else ""]
        return f"({' AND '.join(filter(None, limits))})" if any(limits) else ""

    def _bad(self) -> str:
        bits = [f"CASE WHEN {self._is_bad(column)} THEN {1 << bit} ELSE 0 END" for bit, column in enumerate(self._fed)]
        bits += [f"CASE WHEN {clash} THEN {1 << bit} ELSE 0 END" for bit, clash in self._clashes().items()]
        return f"CAST({' + '.join(bits) or '0'} AS BIGINT)"

    def _clashes(self) -> dict[int, str]:
        """Disagreements with a valid ID number, by bit."""
        clashes: dict[int, str] = {}
        if self._has_id and self._has("sex"):
            clashes[_SEX_BIT] = (
                f"coalesce(__sound AND {_c('sex')} IN ('1', '2') AND ({_c('sex')} = '1') <> {id_number.male_sql('__n')}, false)"
            )
        if self._has_id and self._has("birth_date"):
            clashes[_BIRTH_BIT] = f"coalesce(__sound AND {_c('birth_date')} <> __born AND NOT {self._same_month()}, false)"
        return clashes

    def _same_month(self) -> str:
        """Whether the delivered date of birth is only a month, and that of the ID number."""
        v, c = _v("birth_date"), _c("birth_date")
        return f"(CASE WHEN {c} <> __born THEN regexp_full_match({v}, '{MONTH_ONLY}') AND date_trunc('month', __born) = {c} ELSE false END)"

    def _final(self, column: Column) -> str:
        """What `clean` holds for `column`."""
        name, kind = column.name, column.duckdb_type
        if name == "source":
            return quoted(self.dataset.name)
        if name == "delivered_at":
            return f"DATE '{self.delivered_at}'"
        if name in self.table.key and len(self.table.key) == 1:
            return f"CAST({self._key(column)} AS {kind})"
        value = self._value(column)
        if name == "birth_date" and self._has_id:
            # A delivered month ("1985.3") has become its first day; the ID number knows the day.
            value = (
                f"CASE WHEN __sound AND ({value} IS NULL OR {self._same_month()}) THEN __born ELSE {value} END"
                if self._has(name)
                else "CASE WHEN __sound THEN __born END"
            )
        if name == "id_type" and self._has_id:
            value = f"CASE WHEN __sound THEN '{CITIZEN}' ELSE {value} END"
        return f"CAST({value} AS {kind})"

    def _value(self, column: Column) -> str:
        if not self._has(column.name):
            return "NULL"
        bounds = self._bounds(column)
        return f"CASE WHEN {bounds} THEN {_c(column.name)} END" if bounds else _c(column.name)

    def _key(self, column: Column) -> str:
        value = self._value(column)
        if self.table.key_from:
            value = f"coalesce({value}, {self._hashed()})"
        return f"{quoted(self.dataset.key_prefix)} || {value}" if self.dataset.key_prefix else value

    def _hashed(self) -> str:
        """80 bits of SHA-256 over the columns that stand for the key: a collision among 100 million people has odds of 1 to 10⁸."""
        parts = ", '|', ".join(
            f"coalesce(CAST({self._value(self.table.column(name))} AS VARCHAR), '{CITIZEN if name == 'id_type' else ''}')"
            for name in self.table.key_from
        )
        return f"left(sha256(concat({parts})), 20)"

    # --- constants

    def _check_constants(self) -> None:
        for name, text in self.dataset.constants.items():
            column = self.table.column(name)
            sql = parse_sql(column, "v", "1.0", self.timezone)
            row = self.con.execute(f"SELECT {sql} FROM (SELECT ?::VARCHAR AS v)", [text]).fetchone()
            if row is None or row[0] is None:
                listed = f" Use one of: {_codes(column, 'en')}." if column.codes else ""
                raise ContractError(
                    f"Dataset {self.dataset.name!r}: the constant {name} = {text!r} is no {column.kind}.",
                    remedy=f"Correct it in the town file.{listed}",
                )

    # --- faults

    def _report_values(self) -> None:
        """Faults of single values, column by column, only for columns that have any."""
        seen = self.con.execute(f"SELECT coalesce(bit_or(__bad), 0) FROM {self.clean} WHERE __bad <> 0").fetchone()
        for bit, column in enumerate(self._fed):
            if seen and seen[0] & (1 << bit):
                severity = "refused" if self._required(column) else "warning"
                self._insert(column, f"c.__bad & {1 << bit} <> 0", self._cause(column), severity, self._more(column))

    def _report_clashes(self) -> None:
        for bit, name, code in ((_SEX_BIT, "sex", "id_sex_mismatch"), (_BIRTH_BIT, "birth_date", "id_birth_mismatch")):
            if bit in self._clashes():
                self._insert(self.table.column(name), f"c.__bad & {1 << bit} <> 0", quoted(code), "refused", ("", ""))

    def _required(self, column: Column) -> bool:
        return column.name in required_names(self.table) or column.kind == "id_number"

    def _cause(self, column: Column) -> str:
        """SQL for the fault code of a bad value; a value that can be read is out of bounds."""
        if column.kind == "id_number":
            return f"CASE WHEN v IS NULL THEN 'required_missing' ELSE {id_number.cause_sql('v', self._today, self.synthetic)} END"
        beyond = "date_future" if column.kind == "date" else "out_of_range"
        parsed = parse_sql(column, "v", self._factor_again(column), self.timezone)
        return f"CASE WHEN v IS NULL THEN 'required_missing' WHEN ({parsed}) IS NOT NULL THEN '{beyond}' ELSE {cause_sql(column, 'v')} END"

    def _factor_again(self, column: Column) -> str:
        """Factor for the second look; whether the value can be read does not depend on it."""
        factor = self._factor(column)
        return "1.0" if factor.startswith("(") else factor

    def _more(self, column: Column) -> tuple[str, str]:
        """What the texts of `column` say beyond the value: codes, bounds or unit, in zh and en."""
        if column.codes:
            return _codes(column, "zh"), _codes(column, "en")
        if column.low is not None or column.high is not None:
            span = f"{_plain(column.low)}–{_plain(column.high)} {column.unit}".strip()
            return span, span
        return column.unit or "无", column.unit or "none"

    def _insert(self, column: Column, which: str, cause: str, severity: str, more: tuple[str, str]) -> None:
        """Append faults of `column` for the rows of `clean` (alias c) that satisfy `which`; the value is looked up in `raw`."""
        self._append(
            f"SELECT __file, __sheet, __row, shown AS value, {cause} AS code, {quoted(more[0])} AS more_zh, {quoted(more[1])} AS more_en FROM ({self._looked_up(column, which)})",
            column, severity,
        )  # fmt: skip

    def _looked_up(self, column: Column, which: str) -> str:
        """Rows (lineage, `shown`: as delivered, `v`: filled text) of `column`."""
        if column.name in self.dataset.constants or column.name not in self.mapping.sources:
            text = quoted(self.dataset.constants.get(column.name, ""))
            return f"SELECT c.__file, c.__sheet, c.__row, {text} AS shown, {text} AS v FROM {self.clean} AS c WHERE {which}"
        headers = [source.header for source in self.mapping.sources[column.name] if source.header != ROW_NUMBER]
        fold = ", ".join(f"{folded(f'r.{_q(header)}')} AS {_q('f:' + header)}" for header in headers)
        given = ", ".join(f"r.{_q(header)}" for header in headers)
        return f"""SELECT *, coalesce(v, shown_raw) AS shown FROM (SELECT *, {self._filled(column)} AS v FROM (
            SELECT c.__file, c.__sheet, c.__row, {_comma(fold)} left(coalesce({given or "NULL"}, NULL), {_SHOWN}) AS shown_raw
            FROM {self.clean} AS c JOIN {self.raw} AS r ON r.rowid = c.__rid WHERE {which}))"""

    def _append(self, found: str, column: Column, severity: str) -> None:
        texts = ", ".join(
            f"({quoted(code)}, {quoted(t.zh)}, {quoted(t.en)}, {quoted(t.remedy_zh)}, {quoted(t.remedy_en)})" for code, t in FAULTS.items()
        )
        self.con.execute(f"""
            INSERT INTO fault SELECT {quoted(self.dataset.name)}, __file, __sheet, __row, {quoted(column.name)}, value, code,
                {_hole("zh", column.zh)}, {_hole("en", column.en)}, {_hole("remedy_zh", column.zh, "zh")}, {_hole("remedy_en", column.en, "en")}, {quoted(severity)}
            FROM (SELECT __file, __sheet, __row, left(value, {_SHOWN}) AS value, code, more_zh, more_en FROM ({found}))
            JOIN (VALUES {texts}) AS t(code, zh, en, remedy_zh, remedy_en) USING (code)""")

    # --- refusing

    def _refuse(self) -> None:
        """Take refused rows out of `clean`: bad values first, then what repeats a row that stays."""
        mask = sum(1 << bit for bit, column in enumerate(self._fed) if self._required(column)) + sum(1 << bit for bit in self._clashes())
        self.con.execute(f"DELETE FROM {self.clean} WHERE __bad & {mask} <> 0")
        if self._has_id:
            self._refuse_repeats(("id_type", "id_number"), self.table.column("id_number"), "duplicate_id_number")
        keys = tuple(self.table.key)
        if all(self._has(name) for name in keys):
            self._refuse_repeats(keys, self.table.column(keys[0]), "duplicate_key")
        for name in ("__bad", "__rid"):
            self.con.execute(f"ALTER TABLE {self.clean} DROP COLUMN {name}")

    def _refuse_repeats(self, keys: tuple[str, ...], column: Column, code: str) -> None:
        """Refuse every row after the first with the same `keys`. Hashes find the few candidates, then texts decide."""
        same, group = ", ".join(f"c.{_q(name)}" for name in keys), ", ".join(map(_q, keys))
        self.con.execute(f"""CREATE OR REPLACE TEMP TABLE __repeat AS
            WITH doubled AS (SELECT hash({group}) AS h FROM {self.clean} GROUP BY h HAVING count(*) > 1),
            candidate AS (SELECT c.__rid, c.__file, c.__sheet, c.__row, {same} FROM {self.clean} AS c WHERE hash({same}) IN (SELECT h FROM doubled)),
            ranked AS (SELECT *, first_value(struct_pack(f := __file, s := __sheet, r := __row)) OVER w AS first, row_number() OVER w AS place
                FROM candidate WINDOW w AS (PARTITION BY {group} ORDER BY __file, __sheet, __row, __rid))
            SELECT __rid, __file, __sheet, __row, CAST({_q(column.name)} AS VARCHAR) AS value, first FROM ranked WHERE place > 1""")
        place = "coalesce(nullif(first.f, __file) || ' ', '') || coalesce(nullif(first.s, __sheet) || ' ', '')"
        self._append(
            f"SELECT *, {quoted(code)} AS code, {place} || '第' || first.r || '行' AS more_zh, {place} || 'row ' || first.r AS more_en FROM __repeat",
            column, "refused",
        )  # fmt: skip
        self.con.execute(f"DELETE FROM {self.clean} WHERE __rid IN (SELECT __rid FROM __repeat)")
        self.con.execute("DROP TABLE __repeat")

    def _report_damaged(self, damaged: Sequence[tuple[str, str | None, Damaged]]) -> None:
        text = FAULTS["damaged_row"]
        rows = [
            (self.dataset.name, file, sheet, line.row, None, line.text[:_SHOWN], "damaged_row", text.zh.format(more=line.reason_zh),
             text.en.format(more=line.reason_en), text.remedy_zh, text.remedy_en, "refused")
            for file, sheet, line in damaged
        ]  # fmt: skip
        if rows:
            self.con.executemany(f"INSERT INTO fault VALUES ({', '.join('?' * len(FAULT_COLUMNS))})", rows)

    # --- the result

    def _count(self, which: str) -> int:
        row = self.con.execute(f"SELECT count(*) FROM {self.clean} WHERE {which}").fetchone()
        return int(row[0]) if row else 0

    def _result(self, rows: int) -> CheckResult:
        good = self._count("true")
        codes = self.con.execute(
            "SELECT code, count(*), count(*) FILTER (WHERE severity = 'warning') FROM fault WHERE dataset = ? GROUP BY code ORDER BY 2 DESC, 1",
            [self.dataset.name],
        ).fetchall()
        by_code = {str(code): int(count) for code, count, _ in codes}
        return CheckResult(self.dataset.name, rows, good, rows - good, sum(int(warned) for *_, warned in codes), by_code)


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _v(name: str) -> str:
    return _q("v:" + name)


def _c(name: str) -> str:
    return _q("c:" + name)


def _comma(sql: str) -> str:
    return f"{sql}," if sql else ""


def _hole(text: str, title: str, language: str | None = None) -> str:
    """SQL that fills the holes of a fault text."""
    filled_in = f"replace({text}, '{{column}}', {quoted(title)})"
    return f"replace(replace({filled_in}, '{{value}}', coalesce(value, '')), '{{more}}', more_{language or text})"


def _codes(column: Column, language: str) -> str:
    """Accepted names of the code list of `column`."""
    return ("、" if language == "zh" else ", ").join(getattr(code, language) for code in code_list(column.codes or ""))


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"

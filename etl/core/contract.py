"""The check of one dataset: a typed table of the rows that can be trusted, and one row in `fault` for every value that cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from data.codes import code_list
from data.errors import ContractError
from data.policy import SMALL
from data.schema import Column, Table
from etl.core import id_number
from etl.core.clean_sql import BIRTH_BIT, CITIZEN, SEX_BIT, CleanSql, fold, q
from etl.core.fault import FAULT_COLUMNS, FAULTS
from etl.core.mapping import Mapping_, required_names
from etl.core.parse import cause_sql, parse_sql, quoted
from etl.core.spec import Damaged
from etl.core.town_file import ROW_NUMBER, Dataset
from etl.core.verdict import CheckResult, Unusable

_SHOWN = 200  # characters of a value in a fault
_NAMED, _SHORT = 3, 40  # unusable values of a column that the verdict names, and how much of each
# A number cut to 15 digits passes its check digit once in eleven times; one number in 1 100 ends in 000 by right. With five that fail for
# each that passes, those that pass are explained by the damage.
_CUT_FOR_ONE = 5
_CLASHES = ((SEX_BIT, "sex", "id_sex_mismatch"), (BIRTH_BIT, "birth_date", "id_birth_mismatch"))


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

    `clean` has every column of the contract in its order (NULL where nothing feeds it), then `__file, __sheet, __row, __wkb, __rid`;
    refused rows and the example row of a template are left out.
    `damaged` are lines that the reader gave up: (file, sheet, line). Nothing is
    judged about the dataset as a whole here: write the quarantine first, then call `verdict.enforce`. `key_prefix` goes before a key of one
    column. Raises ContractError when a constant of the town file cannot be read.
    """
    described = [str(row[0]) for row in con.execute(f"DESCRIBE {ident(raw)}").fetchall()]
    places = con.execute(f"SELECT count(DISTINCT (__file, __sheet)) FROM {ident(raw)}").fetchone()
    sql = CleanSql(
        raw=ident(raw), raw_headers=tuple(name for name in described if not name.startswith("__")), has_wkb="__wkb" in described,
        many_files=bool(places and places[0] > 1), dataset=dataset, table=table, mapping=mapping, today=today, delivered_at=delivered_at,
        synthetic=synthetic, timezone=timezone,
    )  # fmt: skip
    return _Check(con, ident(clean), sql).run(damaged)


def ident(name: str) -> str:
    """`name` quoted for SQL, part by part; a name that is quoted already stays as it is."""
    return name if '"' in name else ".".join(map(q, name.split(".")))


def create_fault_table(con: duckdb.DuckDBPyConnection) -> None:
    """The table `fault` of docs/architecture.md, section 2, if it is not there."""
    con.execute(f"CREATE TABLE IF NOT EXISTS fault ({', '.join(f'{name} {kind}' for name, kind in FAULT_COLUMNS)})")


@dataclass(frozen=True)
class _Check:
    """One dataset on its way."""

    con: duckdb.DuckDBPyConnection
    clean: str
    sql: CleanSql

    @property
    def dataset(self) -> Dataset:
        return self.sql.dataset

    @property
    def table(self) -> Table:
        return self.sql.table

    def run(self, damaged: Sequence[tuple[str, str | None, Damaged]]) -> CheckResult:
        create_fault_table(self.con)
        self.con.execute("DELETE FROM fault WHERE dataset = ?", [self.dataset.name])
        self._check_constants()
        self.con.execute(f"CREATE OR REPLACE TABLE {self.clean} AS {self.sql.select()}")
        rows = self._count()
        self._report_values()
        self._report_clashes()
        unusable = self._unusable()
        self._refuse()
        self._doubt_cut_numbers()
        self._report_damaged(damaged)
        return self._result(rows + len(damaged), unusable)

    def _check_constants(self) -> None:
        for name, text in self.dataset.constants.items():
            column = self.table.column(name)
            row = self.con.execute(
                f"SELECT {parse_sql(column, 'v', '1.0', self.sql.timezone)} FROM (SELECT ?::VARCHAR AS v)", [text]
            ).fetchone()
            if row is None or row[0] is None:
                listed = f" Use one of: {_codes(column, 'en')}." if column.codes else ""
                told = f"Dataset {self.dataset.name!r}: the constant {name} = {text!r} is no {column.kind}."
                raise ContractError(told, remedy=f"Correct it in the town file.{listed}")

    # --- faults

    def _report_values(self) -> None:
        """Faults of single values, column by column, only for columns that have any."""
        seen = self.con.execute(f"SELECT bit_or(__bad) FROM {self.clean} WHERE __bad <> 0").fetchone()
        bits = int(seen[0] or 0) if seen else 0
        for bit, column in enumerate(self.sql.fed):
            if bits & (1 << bit):
                self._report(column, bit, self._cause(column), "refused" if self._refuses(column) else "warning")

    def _report_clashes(self) -> None:
        for bit, name, code in _CLASHES:
            if bit in self.sql.clashes():
                self._report(self.table.column(name), bit, quoted(code), "refused")

    def _refuses(self, column: Column) -> bool:
        """Whether a bad value of `column` makes the row untrustworthy."""
        return column.name in required_names(self.table) or column.kind == "id_number"

    def _cause(self, column: Column) -> str:
        """SQL for the fault code of a bad text `v`; one that can be read is out of bounds."""
        if column.kind == "id_number":
            found = id_number.cause_sql("v", self.sql.day, self.sql.synthetic)
        else:
            beyond = "too_far_apart" if column.after else "date_future" if column.kind == "date" else "out_of_range"
            # Whether a text can be read does not depend on the unit of its header.
            readable = f"({parse_sql(column, 'v', '1.0', self.sql.timezone)}) IS NOT NULL"
            found = f"CASE WHEN {readable} THEN '{beyond}' ELSE {cause_sql(column, 'v')} END"
        return f"CASE WHEN v IS NULL THEN 'required_missing' ELSE {found} END"

    def _report(self, column: Column, bit: int, cause: str, severity: str) -> None:
        """Append faults of `column` for the rows whose `__bad` has `bit`."""
        zh, en = (quoted(text) for text in _more(column, self.sql.highest(column)))
        found = self._looked_up(column, f"c.__bad & {1 << bit} <> 0")
        self._append(f"SELECT *, {cause} AS code, {zh} AS more_zh, {en} AS more_en FROM ({found})", column, severity)

    def _looked_up(self, column: Column, which: str) -> str:
        """Lineage, `value` as delivered and `v` as filled text of `column`, for the rows of `clean` (alias c) that satisfy `which`."""
        place = "c.__file, c.__sheet, c.__row"
        if column.name in self.dataset.constants:
            text = quoted(self.dataset.constants[column.name])
            return f"SELECT {place}, {text} AS value, {text} AS v FROM {self.clean} AS c WHERE {which}"
        headers = tuple(source.header for source in self.sql.mapping.sources[column.name])
        # Blank cells do not count: the value is that of the header that the pass has used.
        given = ", ".join(f"nullif(trim(r.{q(header)}), '')" for header in headers if header != ROW_NUMBER)
        return f"""SELECT *, {self.sql.filled(column)} AS v FROM (
            SELECT {fold(headers)} {place}, coalesce({given or "NULL"}, NULL) AS value
            FROM {self.clean} AS c JOIN {self.sql.raw} AS r ON r.rowid = c.__rid WHERE {which})"""

    def _append(self, found: str, column: Column, severity: str) -> None:
        texts = ", ".join(f"({', '.join(map(quoted, (code, t.zh, t.en, t.remedy_zh, t.remedy_en)))})" for code, t in FAULTS.items())
        said = ", ".join(
            f"replace(replace(replace({text}, '{{column}}', {quoted(getattr(column, language))}), '{{value}}', coalesce(value, '')), "
            f"'{{more}}', more_{language})"
            for text, language in (("zh", "zh"), ("en", "en"), ("remedy_zh", "zh"), ("remedy_en", "en"))
        )
        self.con.execute(f"""
            INSERT INTO fault
            SELECT {quoted(self.dataset.name)}, __file, __sheet, __row, {quoted(column.name)}, value, code, {said}, {quoted(severity)}
            FROM (SELECT __file, __sheet, __row, left(value, {_SHOWN}) AS value, code, more_zh, more_en FROM ({found}))
            JOIN (VALUES {texts}) AS t(code, zh, en, remedy_zh, remedy_en) USING (code)""")

    def _report_damaged(self, damaged: Sequence[tuple[str, str | None, Damaged]]) -> None:
        text = FAULTS["damaged_row"]
        rows = [
            (self.dataset.name, file, sheet, line.row, None, line.text[:_SHOWN], "damaged_row", text.zh.format(more=line.reason_zh),
             text.en.format(more=line.reason_en), text.remedy_zh, text.remedy_en, "refused")
            for file, sheet, line in damaged
        ]  # fmt: skip
        if rows:
            self.con.executemany(f"INSERT INTO fault VALUES ({', '.join('?' * len(FAULT_COLUMNS))})", rows)

    # --- columns that cannot be used

    def _unusable(self) -> tuple[Unusable, ...]:
        """Columns with values that were left out with a warning; asked while `clean` still has all rows."""
        warned = self.con.execute(
            "SELECT DISTINCT column_name FROM fault WHERE dataset = ? AND severity = 'warning'", [self.dataset.name]
        ).fetchall()
        names = {name for (name,) in warned}
        found = [self._left_out(bit, column) for bit, column in enumerate(self.sql.fed) if column.name in names]
        return tuple(one for one in found if one.unusable)

    def _left_out(self, bit: int, column: Column) -> Unusable:
        name = q(column.name)
        left = f"count(*) FILTER (WHERE {name} IS NULL AND __bad & {1 << bit} <> 0)"
        row = self.con.execute(f"SELECT count({name}), {left} FROM {self.clean}").fetchone()
        kept, unusable = row or (0, 0)
        header = self.sql.mapping.columns.get(column.name, column.zh)
        return Unusable(column.name, header, kept + unusable, unusable, () if column.personal else self._most_frequent(column))

    def _most_frequent(self, column: Column) -> tuple[tuple[str, int], ...]:
        """Unusable values of `column` that occur most often, as delivered; rare ones might be a person's under a wrong header."""
        rows = self.con.execute(
            f"""SELECT left(value, {_SHORT}), count(*) AS n FROM fault WHERE dataset = ? AND column_name = ? AND severity = 'warning'
            GROUP BY value HAVING n >= {SMALL} ORDER BY n DESC, value LIMIT {_NAMED}""",
            [self.dataset.name, column.name],
        ).fetchall()
        return tuple((str(value), int(n)) for value, n in rows)

    # --- refusing

    def _refuse(self) -> None:
        """Take refused rows out of `clean`: bad values first, then what repeats a row that stays."""
        mask = sum(1 << bit for bit, column in enumerate(self.sql.fed) if self._refuses(column)) + sum(
            1 << bit for bit in self.sql.clashes()
        )
        self.con.execute(f"DELETE FROM {self.clean} WHERE __bad & {mask} <> 0")
        if self.sql.has_id:
            self._refuse_repeats(("id_type", "id_number"), self.table.column("id_number"), "duplicate_id_number")
        keys = tuple(self.table.key)
        if all(map(self.sql.has, keys)):
            self._refuse_repeats(keys, self.table.column(keys[0]), "duplicate_key")
        self.con.execute(f"ALTER TABLE {self.clean} DROP COLUMN __bad")

    def _refuse_repeats(self, keys: tuple[str, ...], column: Column, code: str) -> None:
        """Refuse every row after the first with the same `keys`. Hashes find the few candidates, then texts decide."""
        group = ", ".join(map(q, keys))
        self.con.execute(f"""
            CREATE OR REPLACE TEMP TABLE repeated AS
            WITH doubled AS (SELECT hash({group}) AS h FROM {self.clean} GROUP BY h HAVING count(*) > 1),
            candidate AS (SELECT __rid, __file, __sheet, __row, {group} FROM {self.clean} WHERE hash({group}) IN (SELECT h FROM doubled)),
            ranked AS (
                SELECT *, row_number() OVER same AS place, first_value(__file) OVER same AS first_file,
                    first_value(__sheet) OVER same AS first_sheet, first_value(__row) OVER same AS first_row
                FROM candidate WINDOW same AS (PARTITION BY {group} ORDER BY __file, __sheet, __row, __rid))
            SELECT __rid, __file, __sheet, __row, CAST({q(column.name)} AS VARCHAR) AS value, '{code}' AS code,
                nullif(first_file, __file) AS other_file,
                CASE WHEN first_sheet <> __sheet OR first_file <> __file THEN first_sheet END AS other_sheet,
                concat_ws(' ', other_file, other_sheet, '第' || first_row || '行') AS more_zh,
                concat_ws(' ', other_file, other_sheet, 'row ' || first_row) AS more_en
            FROM ranked WHERE place > 1""")
        self._append("FROM repeated", column, "refused")
        self.con.execute(f"DELETE FROM {self.clean} WHERE __rid IN (SELECT __rid FROM repeated)")
        self.con.execute("DROP TABLE repeated")

    # --- doubting

    def _doubt_cut_numbers(self) -> None:
        """Warn of ID numbers that a spreadsheet has cut although they pass: those on 000 in a file where many others were cut."""
        if not self.sql.has_id:
            return
        self._append(
            f"""SELECT __file, __sheet, __row, id_number AS value, 'id_likely_float' AS code, '' AS more_zh, '' AS more_en
            FROM {self.clean} JOIN (SELECT file AS __file, count(*) AS cut FROM fault
                WHERE dataset = {quoted(self.dataset.name)} AND code = 'id_float' GROUP BY file) AS f USING (__file)
            WHERE id_type = '{CITIZEN}' AND id_number LIKE '%000'
            QUALIFY count(*) OVER (PARTITION BY __file) * {_CUT_FOR_ONE} <= cut""",
            self.table.column("id_number"),
            "warning",
        )

    # --- the result

    def _count(self) -> int:
        row = self.con.execute(f"SELECT count(*) FROM {self.clean}").fetchone()
        return int(row[0]) if row else 0

    def _result(self, rows: int, unusable: tuple[Unusable, ...]) -> CheckResult:
        good = self._count()
        counted = self.con.execute(
            """SELECT code, count(*), count(*) FILTER (WHERE severity = 'warning')
            FROM fault WHERE dataset = ? GROUP BY code ORDER BY 2 DESC, 1""",
            [self.dataset.name],
        ).fetchall()
        by_code = {str(code): int(count) for code, count, _ in counted}
        return CheckResult(self.dataset.name, rows, good, rows - good, sum(int(warned) for *_, warned in counted), by_code, unusable)


def _more(column: Column, high: float | None) -> tuple[str, str]:
    """What the texts of `column` say beyond the value, in zh and en: codes, bounds up to `high`, or unit."""
    if column.codes:
        return _codes(column, "zh"), _codes(column, "en")
    if column.low is not None or high is not None:
        span = f"{_plain(column.low)}–{_plain(high)} {column.unit}".strip()
        return span, span
    return column.unit or "无", column.unit or "none"


def _codes(column: Column, language: str) -> str:
    """Names in the code list of `column`."""
    return ("、" if language == "zh" else ", ").join(getattr(code, language) for code in code_list(column.codes or ""))


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"

"""Questions of the data steward: what was delivered, what was refused, what contradicts or hangs in the air."""

from __future__ import annotations

from data import policy
from data.policy import Viewer
from data.schema import TABLES, Column
from layers.core.query_store import Row, Store


def datasets(store: Store) -> list[Row]:
    """Every dataset with its last delivery, loaded and refused rows, and the warnings about values."""
    return store.rows(
        """SELECT d.name, d.table_name, d.file, d.delivered_at, d.rows, d.refused, d.message, coalesce(f.warnings, 0) AS warnings
        FROM dataset d LEFT JOIN (SELECT dataset, count(*) FILTER (severity = 'warning') AS warnings FROM fault GROUP BY 1) f ON f.dataset = d.name
        ORDER BY d.name"""
    )


MASK = "****"
_SHAPE = "geom"  # what is wrong with a shape says nothing about a person
_TOLD = ("column_name", "value", "reason_zh", "reason_en", "remedy_zh", "remedy_en")


def fault_counts(store: Store, viewer: Viewer) -> list[Row]:
    """Faults of the last loads by dataset, code and severity, the most frequent first; the reasons are those of one of the rows, as released."""
    found = store.rows(
        f"""SELECT f.dataset, f.code, f.severity, any_value(d.table_name) AS table_name, count(*) AS n,
            min({{{", ".join(f"'{name}': f.{name}" for name in _TOLD)}}}) AS told
        FROM fault f LEFT JOIN dataset d ON d.name = f.dataset GROUP BY f.dataset, f.code, f.severity ORDER BY n DESC, f.dataset, f.code"""
    )
    out = []
    for row in found:
        told = _released(row["told"], _columns(row["table_name"]), viewer)
        out.append(
            {name: row[name] for name in ("dataset", "code", "severity", "n")} | {name: told[name] for name in ("reason_zh", "reason_en")}
        )
    return out


def faults(store: Store, viewer: Viewer, dataset: str, limit: int = 100, offset: int = 0, code: str = "", severity: str = "") -> Row:
    """Faults of a dataset row by row, those of one code or severity alone if given: `{"total", "rows"}`.

    A faulty value of a personal column is masked below steward, in every text.
    """
    found = store.one("SELECT table_name FROM dataset WHERE name = $name", name=dataset)
    columns = _columns(found["table_name"] if found else None)
    asked = {name: value for name, value in (("code", code), ("severity", severity)) if value}
    where = " AND ".join(["dataset = $name", *(f"{name} = ${name}" for name in asked)])
    total = store.values(f"SELECT count(*) FROM fault WHERE {where}", name=dataset, **asked)[0]
    rows = store.rows(
        f"""SELECT file, sheet, row, column_name, value, code, reason_zh, reason_en, remedy_zh, remedy_en, severity FROM fault
        WHERE {where} ORDER BY severity, file, sheet, row, column_name LIMIT $limit OFFSET $offset""",
        name=dataset, **asked, limit=limit, offset=offset,
    )  # fmt: skip
    return {"total": total, "rows": [_released(row, columns, viewer) for row in rows]}


def _columns(table_name: str | None) -> dict[str, Column]:
    table = TABLES.get(table_name or "")
    return {column.name: column for column in table.all_columns} if table else {}


def _released(row: Row, columns: dict[str, Column], viewer: Viewer) -> Row:
    """The fault with its value masked wherever it stands: the reasons quote it."""
    column, value = columns.get(str(row["column_name"])), row["value"]
    # A value under a header that the contract does not know might be anything.
    personal = column.personal is not None if column else row["column_name"] != _SHAPE or "person_id" in columns
    if not value or not personal or viewer.reaches("steward"):
        return row
    quoting = [name for name in _TOLD if name not in ("column_name", "value") and row[name]]
    return row | {"value": MASK} | {name: row[name].replace(value, MASK) for name in quoting}


def contradictions(store: Store, viewer: Viewer, area_code: str) -> list[Row]:
    """Contradictory and unlinked objects in an area by kind. Kinds about persons are personal counts."""
    rows = store.rows(
        """WITH found AS (
            SELECT kind, table_name, area_code FROM contradiction UNION ALL SELECT 'unlinked: ' || reason, table_name, area_code FROM unlinked)
        SELECT kind, table_name, count(*) AS n FROM found
        WHERE area_code IN (SELECT area_code FROM tree WHERE ancestor_code = $area)
            OR $area IN (SELECT area_code FROM tree GROUP BY 1 HAVING count(*) = 1) GROUP BY ALL ORDER BY n DESC, kind""",
        area=area_code,
    )
    return [row | {"n": policy.count(row["n"], viewer) if row["table_name"] == "person" else row["n"]} for row in rows]

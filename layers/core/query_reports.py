"""Questions of the data steward: what was delivered, what was refused, what contradicts or hangs in the air."""

from __future__ import annotations

from data import policy
from data.policy import Viewer
from data.schema import TABLES
from layers.core.query_store import Row, Store


def datasets(store: Store) -> list[Row]:
    """Every dataset with its last delivery, loaded and refused rows, and the warnings about values."""
    return store.rows(
        """SELECT d.name, d.table_name, d.file, d.delivered_at, d.rows, d.refused, d.message, coalesce(f.warnings, 0) AS warnings
        FROM dataset d LEFT JOIN (SELECT dataset, count(*) FILTER (severity = 'warning') AS warnings FROM fault GROUP BY 1) f ON f.dataset = d.name
        ORDER BY d.name"""
    )


def fault_counts(store: Store) -> list[Row]:
    """Faults of the last loads by dataset, code and severity, the most frequent first."""
    return store.rows(
        """SELECT dataset, code, severity, min(reason_zh) AS reason_zh, min(reason_en) AS reason_en, count(*) AS n FROM fault
        GROUP BY ALL ORDER BY n DESC, dataset, code"""
    )


def faults(store: Store, viewer: Viewer, dataset: str, limit: int = 100, offset: int = 0) -> Row:
    """Faults of a dataset row by row: `{"total", "rows"}`. A faulty value of a personal column is masked below steward."""
    found = store.one("SELECT table_name FROM dataset WHERE name = $name", name=dataset)
    table = TABLES.get(str(found["table_name"])) if found else None
    columns = {column.name: column for column in table.all_columns} if table else {}
    total = store.values("SELECT count(*) FROM fault WHERE dataset = $name", name=dataset)[0]
    rows = store.rows(
        """SELECT file, sheet, row, column_name, value, code, reason_zh, reason_en, remedy_zh, remedy_en, severity FROM fault
        WHERE dataset = $name ORDER BY file, sheet, row, column_name LIMIT $limit OFFSET $offset""",
        name=dataset, limit=limit, offset=offset,
    )  # fmt: skip
    for row in rows:
        column = columns.get(str(row["column_name"]))
        # A value under a header that the contract does not know might be anything.
        if not viewer.reaches("steward") and row["value"] is not None and (column is None or column.personal):
            row["value"] = "****"
    return {"total": total, "rows": rows}


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

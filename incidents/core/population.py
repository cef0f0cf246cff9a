"""How many people live in an area of the town on show: what cases are divided by where villages are compared."""

from __future__ import annotations

from data.policy import Suppressed, Viewer, count
from data.store.serving import ServingStore


def population(store: ServingStore, area: str, viewer: Viewer) -> int | None:
    """People of an area (the whole town without a code); None where there are too few to be told, or where nobody knows."""
    within = "WHERE area_code IN (SELECT area_code FROM tree WHERE ancestor_code = ?)" if area else ""
    with store.read() as cursor:
        if not cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'person'").fetchone():
            return None
        found = cursor.execute(f"SELECT count(*) FROM person {within}", [area] if area else []).fetchone()
    shown = count(found[0] if found else 0, viewer)
    return None if isinstance(shown, Suppressed) else shown or None

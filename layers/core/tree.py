"""The closure of the area tree, with the town as its root whatever was delivered."""

from __future__ import annotations

import duckdb

from data.store.duck import text

DEEPEST = 12  # more levels than any town has; a circle of parents stops here


def build_tree(con: duckdb.DuckDBPyConnection, town_code: str) -> str:
    """Fill `tree(area_code, ancestor_code, depth)` and return the code of the root.

    The root is the only level-0 area, or `town_code` when none or several were delivered. Areas without a known parent hang on the root.
    """
    tops = [row[0] for row in con.execute("SELECT code FROM area WHERE level = 0 ORDER BY code LIMIT 2").fetchall()]
    root = str(tops[0]) if len(tops) == 1 else town_code
    con.execute(
        f"""INSERT INTO tree
        WITH RECURSIVE parent AS (
            SELECT a.code, CASE WHEN a.code = {text(root)} THEN NULL ELSE coalesce(p.code, {text(root)}) END AS parent
            FROM area a LEFT JOIN area p ON p.code = a.parent_code AND p.code <> a.code),
        everybody AS (SELECT code FROM area UNION SELECT {text(root)}),
        up AS (
            SELECT code AS area_code, code AS ancestor_code, 0 AS depth FROM everybody
            UNION ALL
            SELECT up.area_code, parent.parent, up.depth + 1 FROM up JOIN parent ON parent.code = up.ancestor_code
            WHERE parent.parent IS NOT NULL AND up.depth < {DEEPEST})
        SELECT area_code, ancestor_code, min(depth)::INTEGER FROM up GROUP BY 1, 2 ORDER BY 1, 3"""
    )
    return root

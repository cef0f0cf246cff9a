"""Composite scores of areas: each part's rate, topped up where cases are few, scaled against the town's median (domain section 3.2)."""

from __future__ import annotations

from datetime import date

import duckdb

from data.errors import LayerError
from data.store.duck import text
from layers.core.spec import Layer, Part

ENOUGH = 20  # cases from which an area is judged by its own rate alone
MEDIAN_POINTS = 85.0  # an area at the median (or the reference, whichever is the milder) gets this many of 100 points


def score_parts(con: duckdb.DuckDBPyConnection, layer: Layer, day: date) -> None:
    """Fill `score(layer, object_id, part, weight, value, bad, n)`; `value` 0 … 100, NULL where a part has no data.

    A part without any data in an area is left out there, and its weight falls to the others.
    """
    for part in layer.parts:
        sql = _part_sql(layer.name, part)
        try:
            con.execute(sql, {"as_of": day} if "$as_of" in sql else None)
        except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
            raise LayerError(
                f"Part {part.name!r} of layer {layer.name!r} cannot be computed: {error}",
                remedy="Correct its SQL.",
                zh=f"图层 {layer.name!r} 的评分项 {part.name!r} 无法计算：{error}",
                zh_remedy="请改正其 SQL。",
            ) from error


def _part_sql(layer: str, part: Part) -> str:
    """rate = (bad + town rate x missing cases) / max(n, 20); points = 100 - 15 x rate / max(median of the level, reference), at least 0."""
    return f"""INSERT INTO score
        WITH own AS (SELECT area_code, sum(bad)::DOUBLE AS bad, sum(n)::DOUBLE AS n FROM ({part.select}) GROUP BY 1),
        summed AS (SELECT t.ancestor_code AS code, sum(own.bad) AS bad, sum(own.n) AS n FROM own JOIN tree t USING (area_code) GROUP BY 1),
        town AS (SELECT sum(bad) / nullif(sum(n), 0) AS rate FROM own),
        rated AS (
            SELECT a.code, greatest(a.level, 1) AS level, summed.bad, summed.n,
                (summed.bad + town.rate * greatest({ENOUGH} - summed.n, 0)) / greatest(summed.n, {ENOUGH}) AS rate
            FROM area a JOIN summed USING (code), town WHERE summed.n > 0),
        middle AS (SELECT level, median(rate) AS rate FROM rated GROUP BY 1)
        SELECT {text(layer)}, a.code, {text(part.name)}, {part.weight},
            CASE WHEN r.rate IS NOT NULL THEN greatest(0, 100 - {100 - MEDIAN_POINTS} * r.rate / greatest(m.rate, {part.reference})) END, r.bad, r.n
        FROM area a LEFT JOIN rated r USING (code) LEFT JOIN middle m ON m.level = r.level ORDER BY a.code"""

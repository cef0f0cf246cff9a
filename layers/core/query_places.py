"""Questions about places: what lies in an area, how much of which colour, and the list behind every figure."""

from __future__ import annotations

from datetime import date
from typing import Any

from data import policy
from data.errors import LayerError, PolicyError, advice
from data.policy import Viewer
from data.schema import TABLES
from layers.core.query_store import Row, Store, level_facts, reason_facts, remembered, root_of, today_of, town, worst_first
from layers.core.registry import columns_of
from layers.core.spec import LEVELS, Layer

PAGE = 50
TITLES = ("name", "address", "class_name", "species")
TOTAL = -1  # stands beside the levels in counts of persons, since it gives away the only hidden one of them
Counts = dict[Any, int]
Shown = dict[Any, int | policy.Suppressed]
_WORST = (1, 2, 3, 4, 0, 5, None)  # `worst_first` as a list
EVERYBODY = ""  # instead of a layer: the people of an area, by level only where persons were delivered
_BELOW = "SELECT area_code FROM tree WHERE ancestor_code = $code AND depth = 1"


@remembered
def layer_list(store: Store) -> list[Row]:
    """The layers that have something to show, in drawing order, with the age of what they show."""
    out = []
    for layer in store.layers:
        tables = (layer.table, "population_cell") if layer.geometry == "area" else (layer.table,)
        told = (store.one(f"SELECT count(*) AS n, max(delivered_at) AS delivered_at FROM {table}") or {} for table in tables)
        found = next((facts for facts in told if facts.get("n")), None)
        if found:
            out.append(_layer_facts(layer) | {"delivered_at": found["delivered_at"]})
    return out


def _layer_facts(layer: Layer) -> Row:
    return {
        "name": layer.name, "table": layer.table, "zh": layer.zh, "en": layer.en, "icon": layer.icon, "geometry": layer.geometry, "zoom": list(layer.zoom),
        "levels": bool(layer.rules), "default_theme": layer.default_theme, "unit_zh": layer.unit_zh, "unit_en": layer.unit_en,
        "freshness_days": layer.freshness_days, "themes": [{"name": theme.name, "zh": theme.zh, "en": theme.en} for theme in layer.themes],
    }  # fmt: skip


@remembered
def breadcrumb(store: Store, area_code: str) -> list[Row]:
    """The areas from the town down to `area_code`: code, name, zh and en (the town has a name in each), tree level, kind, box."""
    steps = store.rows(
        """SELECT t.ancestor_code AS code, a.name, a.level, a.kind, a.ordinal, [a.west, a.south, a.east, a.north] AS box
        FROM tree t LEFT JOIN area a ON a.code = t.ancestor_code WHERE t.area_code = $code ORDER BY t.depth DESC""",
        code=area_code,
    )
    about = town(store)
    return [
        step | (about["name"] if step["code"] == about["root"] else dict.fromkeys(("zh", "en"), step["name"] or step["code"]))
        for step in steps
    ]


@remembered
def area_names(store: Store) -> list[Row]:
    """Every area: code, name, code of the area above (None for the town), tree level. The town's own name is `town(store)["name"]`."""
    return store.rows(
        """SELECT a.code, a.name, t.ancestor_code AS above, a.level FROM area a
        LEFT JOIN tree t ON t.area_code = a.code AND t.depth = 1 ORDER BY a.level, a.code"""
    )


@remembered
def headline(store: Store, viewer: Viewer, area_code: str) -> Row:
    """The leader's three numbers: people, houses and red objects (of the layers whose objects are on the map), with oranges beside."""
    drawn = [layer.name for layer in _judged(store)]
    counts = store.one(
        """SELECT coalesce(sum(n) FILTER (layer = 'houses'), 0)::BIGINT AS houses, coalesce(sum(n) FILTER (level = 1), 0)::BIGINT AS reds,
            coalesce(sum(n) FILTER (level = 2), 0)::BIGINT AS oranges
        FROM rollup WHERE area_code = $code AND list_contains($layers, layer)""",
        code=area_code, layers=drawn,
    )  # fmt: skip
    return {"people": people_shown(store, viewer, area_code)} | (counts or {})


@remembered
def reds_by_layer(store: Store, area_code: str) -> dict[str, int]:
    """Red objects of an area by the layer that judges them: what the headline's number of reds adds up."""
    rows = store.rows(
        "SELECT layer, n FROM rollup WHERE area_code = $code AND level = 1 AND list_contains($layers, layer)",
        code=area_code, layers=[layer.name for layer in _judged(store)],
    )  # fmt: skip
    return {row["layer"]: int(row["n"]) for row in rows}


def _judged(store: Store) -> list[Layer]:
    return [layer for layer in store.layers if layer.rules and not layer.personal and layer.table != "area"]


_PEOPLE = """
    WITH person_count AS (SELECT area_code AS code, sum(n)::BIGINT AS people FROM rollup WHERE layer = 'people' GROUP BY 1),
    cell AS (SELECT area_code, arg_max(people, counted_on) AS people FROM population_cell
        WHERE area_code NOT IN (SELECT code FROM person_count) GROUP BY 1),
    covered AS (SELECT t.area_code, min(t.depth) AS depth FROM tree t JOIN cell ON cell.area_code = t.ancestor_code WHERE t.depth > 0 GROUP BY 1),
    counted AS (SELECT t.ancestor_code AS code, cell.people FROM cell JOIN tree t USING (area_code) LEFT JOIN covered c USING (area_code)
        WHERE c.depth IS NULL OR t.depth < c.depth)
    SELECT code, sum(people)::BIGINT AS people FROM (FROM person_count UNION ALL FROM counted)
    WHERE code IN (SELECT unnest($codes)) GROUP BY 1"""


def people_in(store: Store, codes: list[str]) -> dict[str, int]:
    """People of each area: the persons delivered; where there are none in it, its newest count, or the sum of what was counted below it.

    A town may be counted unevenly, here by village and there by team: down each branch the first count is taken, so that everybody counts
    once. Not released yet.
    """
    return dict.fromkeys(codes, 0) | {code: int(people) for code, people in store.tuples(_PEOPLE, codes=codes)}


@remembered
def children(store: Store, viewer: Viewer, area_code: str) -> list[Row]:
    """The areas one level down: name, colour of the composite, people, houses, reds, and how many areas lie below each. Worst first."""
    found = store.rows(
        f"""SELECT a.code, a.name, a.kind, a.level AS tree_level, a.ordinal, r.level, s.score, coalesce(k.houses, 0) AS houses,
            coalesce(k.reds, 0) AS reds, coalesce(k.oranges, 0) AS oranges, coalesce(b.below, 0) AS below, [a.west, a.south, a.east, a.north] AS box
        FROM tree t JOIN area a ON a.code = t.area_code
        LEFT JOIN receipt r ON r.layer = 'areas' AND r.object_id = a.code
        LEFT JOIN (SELECT object_id, round(sum(weight * value) / sum(weight), 1) AS score FROM score WHERE layer = 'areas' AND value IS NOT NULL
            GROUP BY 1) s ON s.object_id = a.code
        LEFT JOIN (SELECT area_code, sum(n) FILTER (layer = 'houses')::BIGINT AS houses, sum(n) FILTER (level = 1)::BIGINT AS reds,
            sum(n) FILTER (level = 2)::BIGINT AS oranges FROM rollup WHERE list_contains($layers, layer) GROUP BY 1) k ON k.area_code = a.code
        LEFT JOIN (SELECT ancestor_code, count(*) AS below FROM tree WHERE depth = 1 GROUP BY 1) b ON b.ancestor_code = a.code
        WHERE t.ancestor_code = $code AND t.depth = 1 ORDER BY {worst_first("r.level")}, a.name, a.code""",
        code=area_code, layers=[layer.name for layer in _judged(store)],
    )  # fmt: skip
    people = _released_below(store, viewer, EVERYBODY, area_code)
    return [row | {"people": people[row["code"]][TOTAL], "colour": level_facts(row["level"])} for row in found]


@remembered
def box_below(store: Store, area_code: str) -> list[float] | None:
    """West, south, east, north of the areas one level down together; None where none of them has a shape."""
    box = store.tuples(
        f"SELECT min(west), min(south), max(east), max(north) FROM area WHERE west IS NOT NULL AND code IN ({_BELOW})", code=area_code
    )[0]
    return None if box[0] is None else list(box)


@remembered
def people_shown(store: Store, viewer: Viewer, area_code: str) -> int | policy.Suppressed:
    """The people of an area as `viewer` may see them anywhere: in the headline, on the card and in the parent's list."""
    return _released(store, viewer, EVERYBODY, area_code)[TOTAL]


def _counted(store: Store, what: str, codes: list[str]) -> dict[str, Counts]:
    """Counts of persons of each area by level and in `TOTAL`, not released yet: of a layer, or of everybody."""
    levels = _level_counts(store, what or "people", codes)
    totals = {code: sum(counts.values()) for code, counts in levels.items()} if what else people_in(store, codes)
    return {code: levels[code] | {TOTAL: totals[code]} for code in codes}


@remembered
def _released(store: Store, viewer: Viewer, what: str, area_code: str) -> Shown:
    """Counts of persons of an area by level and in `TOTAL`, suppressed together with its siblings, whose sums the parent shows."""
    parents = store.values("SELECT ancestor_code FROM tree WHERE area_code = $code AND depth = 1", code=area_code)
    if not parents:
        return policy.matrix([_counted(store, what, [area_code])[area_code]], viewer)[0]
    return _released_below(store, viewer, what, parents[0])[area_code]


@remembered
def _released_below(store: Store, viewer: Viewer, what: str, parent: str) -> dict[str, Shown]:
    """The same for each area one level below `parent`. What is hidden of the parent may not be the sum of what is shown here."""
    codes = store.values(f"{_BELOW} ORDER BY 1", code=parent)
    counts = _counted(store, what, codes)
    above = _released(store, viewer, what, parent) if codes and not viewer.reaches("officer") else {}
    hidden = frozenset(level for level, n in above.items() if isinstance(n, policy.Suppressed))
    return dict(zip(codes, policy.matrix([counts[code] for code in codes], viewer, hidden), strict=True))


@remembered
def child_levels(store: Store, viewer: Viewer, layer: str, area_code: str) -> dict[str, dict[int, int | policy.Suppressed]]:
    """Level counts of a layer in each area one level down, by area code; an area without objects is there with no counts."""
    if store.layer(layer).personal:
        below = _released_below(store, viewer, layer, area_code)
        return {code: {level: n for level, n in shown.items() if level != TOTAL} for code, shown in below.items()}
    codes = store.values(f"{_BELOW} ORDER BY 1", code=area_code)
    return {code: {**counts} for code, counts in _level_counts(store, layer, codes).items()}


def levels_of(store: Store, viewer: Viewer, layers: list[str], area_code: str, codes: list[str]) -> dict[str, dict[str, Shown]]:
    """By layer what `child_levels` says of some of the areas one level down, in one question."""
    out: dict[str, dict[str, Shown]] = {layer: {code: {} for code in codes} for layer in layers}
    found = store.tuples(
        """SELECT layer, area_code, level, n FROM rollup WHERE area_code IN (SELECT unnest($codes)) AND list_contains($layers, layer)
        ORDER BY ALL""",
        codes=codes, layers=[layer for layer in layers if not store.layer(layer).personal],
    )  # fmt: skip
    for layer, code, level, n in found:
        out[layer][code][level] = n
    for layer in (layer for layer in layers if store.layer(layer).personal):
        below = child_levels(store, viewer, layer, area_code)
        out[layer] = {code: below[code] for code in codes}
    return out


@remembered
def legend(store: Store, viewer: Viewer, layer: str, area_code: str) -> Row:
    """Counts of a layer in an area, by level and by class of each theme. The levels add up to `total`."""
    declared = store.layer(layer)
    counts = _level_counts(store, layer, [area_code])[area_code]
    shown: Shown = {**counts, TOTAL: sum(counts.values())}
    if declared.personal:
        shown = _released(store, viewer, layer, area_code)
    levels = [(level_facts(level.level) or {}) | {"n": shown.get(level.level, 0)} for level in LEVELS] if declared.rules else []
    return {
        "layer": layer,
        "area_code": area_code,
        "total": shown[TOTAL],
        "levels": levels,
        "themes": _theme_counts(store, declared, area_code),
    }


def _level_counts(store: Store, layer: str, codes: list[str]) -> dict[str, Counts]:
    out: dict[str, Counts] = {code: {} for code in codes}
    found = store.tuples(
        """SELECT area_code, list(level ORDER BY level), list(n ORDER BY level) FROM rollup
        WHERE layer = $layer AND area_code IN (SELECT unnest($codes)) GROUP BY 1""",
        layer=layer, codes=codes,
    )  # fmt: skip
    for code, levels, numbers in found:
        out[code] = dict(zip(levels, numbers, strict=True))
    return out


def _theme_counts(store: Store, layer: Layer, area_code: str) -> list[Row]:
    rows = store.rows(
        """SELECT c.theme, c.index, c.code, c.zh, c.en, c.hex, r.n FROM theme_rollup r JOIN theme_class c USING (layer, theme, index)
        WHERE r.layer = $layer AND r.area_code = $code ORDER BY c.index""",
        layer=layer.name, code=area_code,
    )  # fmt: skip
    return [
        {
            "name": theme.name,
            "zh": theme.zh,
            "en": theme.en,
            "classes": [_without(row, "theme") for row in rows if row["theme"] == theme.name],
        }
        for theme in layer.themes
    ]


def _without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}


def listing(
    store: Store, viewer: Viewer, layer: str, area_code: str, level: int | None = None, limit: int = PAGE, offset: int = 0,
    chosen: tuple[str, int] | None = None,
) -> Row:  # fmt: skip
    """The objects behind a figure, reds first: `{"total", "rows"}`, where `total` equals the count of the legend.

    `level` is one level alone, `chosen` one class alone: the name of a theme and the class's index (0: those without a class).
    Persons are listed to officers alone, and without their numbers; anybody else gets PolicyError.
    """
    declared = store.layer(layer)
    if declared.personal and not viewer.reaches("officer"):
        raise PolicyError("People are shown to this role as counts only.", remedy="Ask an officer of the village.")
    standing = _standing(store, viewer, layer, area_code, chosen)
    wanted = {one: standing[one] for one in sorted(standing, key=_WORST.index) if level is None or one == level}
    levels, skipped = _levels_of_page(wanted, limit, offset)
    where, bound = _where(store, declared, area_code, chosen)
    sql = _page_sql(declared, f"{_from(declared)} WHERE {where} AND {_on(levels)}")
    rows = store.rows(sql, **bound, layer=layer, limit=limit, offset=offset - skipped) if levels else []
    today = today_of(store)
    return {"total": sum(wanted.values()), "rows": [_listed(viewer, declared, row, today) for row in rows]}


@remembered
def _standing(store: Store, viewer: Viewer, layer: str, area_code: str, chosen: tuple[str, int] | None) -> dict[int | None, int]:
    """How many objects of a list stand on each level. Of persons that is exact: it is for whom `listing` lets in."""
    declared = store.layer(layer)
    where, bound = _where(store, declared, area_code, chosen)
    if declared.rules and chosen is None:
        painted = _level_counts(store, layer, [area_code])[area_code]
        if sum(painted.values()) == store.values(f"SELECT count(*) FROM {declared.table} o WHERE {where}", **bound)[0]:
            return {**painted}  # the roll-up accounts for all of them: no need to look up the receipt of each
    return dict(store.tuples(f"SELECT r.level, count(*) {_from(declared)} WHERE {where} GROUP BY 1", **bound, layer=layer))


def _levels_of_page(standing: dict[int | None, int], limit: int, offset: int) -> tuple[list[int | None], int]:
    """Levels that a page shows, and how many objects stand before them: DuckDB need not sort a town to show its fifty worst."""
    levels, before, skipped = [], 0, 0
    for level, n in standing.items():
        if before + n <= offset:
            skipped += n
        elif before < offset + limit:
            levels.append(level)
        before += n
    return levels, skipped


def _on(levels: list[int | None]) -> str:
    """SQL that picks the levels. A level that is None is that of an object without a receipt."""
    known = ", ".join(str(level) for level in levels if level is not None)
    parts = [f"r.level IN ({known})"] if known else []
    return f"({' OR '.join([*parts, 'r.level IS NULL'] if None in levels else parts)})"


def _from(layer: Layer) -> str:
    """The objects of a layer with their receipts."""
    return f"FROM {layer.table} o LEFT JOIN receipt r ON r.layer = $layer AND r.object_id = o.{TABLES[layer.table].key[0]}"


def _where(store: Store, layer: Layer, area_code: str, chosen: tuple[str, int] | None) -> tuple[str, Row]:
    """Which objects a list holds, and the values that this binds."""
    within, values = _within(store, layer, area_code)
    conditions = [within, *([f"({layer.where})"] if layer.where else [])]
    if chosen is not None:
        conditions.append(_in_class(layer, chosen[0]))
        values |= {"index": chosen[1]}
    return " AND ".join(conditions), values


def _within(store: Store, layer: Layer, area_code: str) -> tuple[str, Row]:
    if layer.table == "area":
        return "o.code IN (SELECT area_code FROM tree WHERE ancestor_code = $area AND depth = 1)", {"area": area_code}
    if area_code == root_of(store) or "area_code" not in columns_of(layer.table):
        return "true", {}
    return "o.area_code IN (SELECT area_code FROM tree WHERE ancestor_code = $area)", {"area": area_code}


def _in_class(layer: Layer, theme: str) -> str:
    if theme not in {one.name for one in layer.themes}:
        raise LayerError(f"Layer {layer.name!r} has no theme {theme!r}.", remedy=advice(theme, [one.name for one in layer.themes]))
    key = TABLES[layer.table].key[0]
    return f'o.{key} IN (SELECT object_id FROM paint_{layer.name} WHERE coalesce("{theme}", 0) = $index)'


def _page_sql(layer: Layer, source: str) -> str:
    table = TABLES[layer.table]
    key = table.key[0]
    columns = ", ".join(f'o."{name}"' for name in _listed_columns(layer))
    ordinal = "o.ordinal" if table.geometry else "NULL"
    return f"""SELECT o.{key} AS __key, {ordinal} AS __ordinal, r.level AS __level, r.reasons AS __reasons, r.next_visit_due AS __due, {columns}
        {source} ORDER BY {worst_first("r.level")}, o.{key} LIMIT $limit OFFSET $offset"""


def _listed_columns(layer: Layer) -> list[str]:
    table = TABLES[layer.table]
    titles = [name for name in (*TITLES, "area_code") if name in {column.name for column in table.all_columns}]
    wanted = [*titles, *layer.tooltip, *((item for item in layer.card if isinstance(item, str)) if layer.personal else ())]
    return list(dict.fromkeys(wanted)) or [table.key[0]]


def _listed(viewer: Viewer, layer: Layer, row: Row, today: date) -> Row:
    values = policy.release_one(layer.table, {name: value for name, value in row.items() if not name.startswith("__")}, viewer, today)
    key = None if layer.personal else row["__key"]
    return {
        "table": layer.table, "key": key, "ordinal": row["__ordinal"], "level": row["__level"], "colour": level_facts(row["__level"]),
        "title": title_of(layer, values, key), "reasons": reason_facts(layer, row["__reasons"] or []), "next_visit_due": row["__due"], "values": values,
    }  # fmt: skip


def main_layer(store: Store, table: str) -> Layer | None:
    """The layer whose own the objects of a table are: the one that says most on their cards, however many others judge them."""
    return max(
        (layer for layer in store.layers if layer.table == table), key=lambda layer: (len(layer.card), bool(layer.rules)), default=None
    )


def title_of(layer: Layer, values: Row, key: str | None) -> str:
    """What an object is called: its name, else its address as released, its class, or its key."""
    for name in TITLES:
        if values.get(name):
            return str(values[name])
    return str(key or "")

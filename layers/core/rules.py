"""Rules to levels: one bit a rule, one level a mask. Works on scratch tables of the connection that paints."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import duckdb

from data.errors import LayerError
from data.schema import TABLES
from data.schema.people import OVERRIDE_DAYS
from data.store.duck import text
from layers.core.registry import called, columns_of, references
from layers.core.spec import Layer, Rule, Theme
from layers.core.themes import theme_columns

AWAITING, HELD = "awaiting_check", "override_held"


def rules_of(layer: Layer) -> tuple[Rule, ...]:
    """The rules as they are tried: where leaving red needs a check, that rule follows the last red one."""
    if not layer.red_needs_check:
        return layer.rules
    last = max((i for i, rule in enumerate(layer.rules, start=1) if rule.level == 1), default=0)
    return (*layer.rules[:last], awaiting_rule(layer), *layer.rules[last:])


def awaiting_rule(layer: Layer) -> Rule:
    """Domain section 3.2: lowering from red needs a passed check. The newest case on the object decides.

    What an override painted red is not held: an override ends by its own date.
    """
    key = TABLES[layer.table].key[0]
    reds = ", ".join(text(code) for code in [AWAITING, *(rule.code for rule in layer.rules if rule.level == 1)])
    was_red = f"""o.{key} IN (SELECT object_id FROM previous_receipt WHERE layer = {text(layer.name)}
        AND (level = 1 AND override_by IS NULL OR list_has_any(reasons, [{reds}])))"""
    return Rule(
        1, AWAITING, f"{was_red} AND o.{key} NOT IN ({passed_checks(layer)})", "红色整改尚未通过复查", "Was red, and no check has been passed since",
        "完成整改并通过现场复查(附照片)", "Put it right and close the case with a passed check and photo",
    )  # fmt: skip


def passed_checks(layer: Layer) -> str:
    """SELECT of the objects of a layer whose newest case was closed with a passed check by `$as_of`."""
    return f"""SELECT object_id FROM casework WHERE object_table = {text(layer.table)} AND opened_on <= $as_of AND object_id IS NOT NULL
        GROUP BY object_id HAVING arg_max(coalesce(passed_check AND state = 'closed' AND closed_on <= $as_of, false), (opened_on, case_id))"""


def held_rule() -> Rule:
    """The reason that stands on a red object whose level somebody has set by hand, though no check has been passed: the rules' red stays."""
    return Rule(
        1, HELD, "false", "已人工设定等级,但红色须先通过复查", "A level was set by hand, but a red needs a passed check first",
        "完成整改并通过现场复查(附照片)", "Put it right and close the case with a passed check and photo",
    )  # fmt: skip


def evaluate(con: duckdb.DuckDBPyConnection, layer: Layer, rules: tuple[Rule, ...], themes: tuple[Theme, ...], day: date) -> None:
    """Scratch `facts(object_id, area_code, mask, checked, valid_until, theme_<i>, label_<i>)`, one row an object. Raises LayerError."""
    flips = [i for i, rule in enumerate(rules) if rule.flips]
    columns = [f"o.{TABLES[layer.table].key[0]} AS object_id", f"{_area_of(layer.table)} AS area_code", f"{_mask(rules)} AS mask"]
    columns += [f"({layer.checked})::DATE AS checked", *(f"({rules[i].flips})::DATE AS flip_{i}" for i in flips), *theme_columns(themes)]
    inner = f"SELECT {', '.join(columns)} FROM {layer.table} o {joins_of(layer)} {f'WHERE {layer.where}' if layer.where else ''}"
    kept = f"* EXCLUDE ({', '.join(f'flip_{i}' for i in flips)})" if flips else "*"
    sql = f"CREATE OR REPLACE TEMP TABLE facts AS SELECT {kept}, {_valid_until(flips)} AS valid_until FROM ({inner})"
    try:
        con.execute(sql, {"as_of": day} if "$as_of" in sql else None)
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException, duckdb.ConversionException) as error:
        raise LayerError(
            f"Layer {layer.name!r} cannot be painted: {error}",
            remedy="Correct the SQL of its rules, joins or themes.",
            zh=f"图层 {layer.name!r} 无法着色：{error}",
            zh_remedy="请改正其规则、join 或专题的 SQL。",
        ) from error
    _check_unique(con, layer)


def _area_of(table: str) -> str:
    if table == "area":
        return "o.code"
    return "o.area_code" if "area_code" in columns_of(table) else "NULL::VARCHAR"


def joins_of(layer: Layer, only: Collection[str] | None = None) -> str:
    """The layer's joins, or those with an alias in `only`, as SQL after `FROM <table> o`; of a composite, its score as `s` too."""
    needed = set(only) if only is not None else {join.alias for join in layer.joins}
    for join in reversed(layer.joins):  # a join may stand on one before it
        if join.alias in needed:
            needed |= {alias for alias, _ in references(join.on)}
    chosen = [join for join in layer.joins if join.alias in needed]
    parts = [f"LEFT JOIN {join.table or f'({join.select})'} {join.alias} ON {join.on}" for join in chosen]
    if layer.parts:
        total = f"SELECT object_id, sum(weight * value) / sum(weight) AS score FROM score WHERE layer = {text(layer.name)} AND value IS NOT NULL"
        parts.append(f"LEFT JOIN ({total} GROUP BY 1) s ON s.object_id = o.code")
    return " ".join(parts)


def _mask(rules: tuple[Rule, ...]) -> str:
    bits = [f"CASE WHEN ({rule.when}) THEN {1 << i}::UBIGINT ELSE 0::UBIGINT END" for i, rule in enumerate(rules)]
    return f"({' | '.join(bits)})" if bits else "0::UBIGINT"


def _valid_until(flips: list[int]) -> str:
    """First day on which a rule turns that stands before, or is, the one that gave the level. Later rules cannot change the colour."""
    days = [f"CASE WHEN flip_{i} > $as_of AND mask & {(1 << i) - 1}::UBIGINT = 0 THEN flip_{i} END" for i in flips]
    return f"least({', '.join(days)}, NULL::DATE)" if days else "NULL::DATE"


def _check_unique(con: duckdb.DuckDBPyConnection, layer: Layer) -> None:
    """Keys are unique in the contract's tables, so more facts than objects come from a join that multiplies."""
    where = f"WHERE {layer.where}" if layer.where and not layer.joins else ""
    row = con.execute(f"SELECT (SELECT count(*) FROM facts), (SELECT count(*) FROM {layer.table} o {where})").fetchone()
    if row and row[0] > row[1]:
        twice = con.execute("SELECT object_id FROM facts GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1").fetchone()
        raise LayerError(
            f"A join of layer {layer.name!r} gives several rows for an object, {twice and twice[0]!r} among them.",
            remedy="Group the join so that each object has at most one row.",
            zh=f"图层 {layer.name!r} 的某个 join 使一个对象有多行，例如 {twice and twice[0]!r}。",
            zh_remedy="请在 join 中分组，使每个对象最多一行。",
        )


def grade(con: duckdb.DuckDBPyConnection, layer: Layer, rules: tuple[Rule, ...], day: date) -> None:
    """Scratch view `painted`: `facts` with `level`, `reasons`, `next_visit_due` and the override in force."""
    masks = [int(row[0]) for row in con.execute("SELECT DISTINCT mask FROM facts ORDER BY 1").fetchall()]
    con.execute("CREATE OR REPLACE TEMP TABLE grade (mask UBIGINT, level UTINYINT, reasons VARCHAR[])")
    graded = [_graded(layer, rules, mask) for mask in masks]
    con.execute(
        "INSERT INTO grade SELECT unnest($masks::UBIGINT[]), unnest($levels), unnest($reasons)",
        {"masks": masks, "levels": [level for level, _ in graded], "reasons": [reasons for _, reasons in graded]},
    )
    _lift(con, layer, day)
    rhythm = " ".join(f"WHEN {level} THEN {days}" for level, days in sorted(layer.visit_days.items()))
    due = f"checked + CASE level {rhythm} END" if rhythm else "NULL::DATE"
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW painted AS SELECT *, ({due})::DATE AS next_visit_due FROM (
            SELECT f.* EXCLUDE (mask, valid_until), coalesce(l.level, g.level)::UTINYINT AS level,
                CASE WHEN h.object_id IS NULL THEN g.reasons ELSE [{text(HELD)}] || g.reasons END AS reasons,
                least(f.valid_until, l.override_until + 1, n.since) AS valid_until, l.override_by, l.override_why, l.override_until
            FROM facts f JOIN grade g USING (mask) LEFT JOIN lifted l ON l.object_id = f.object_id AND (g.level <> 1 OR l.level = 1 OR l.passed)
            LEFT JOIN lifted h ON h.object_id = f.object_id AND g.level = 1 AND h.level <> 1 AND NOT h.passed
            LEFT JOIN coming n ON n.object_id = f.object_id)"""
    )


def _lift(con: duckdb.DuckDBPyConnection, layer: Layer, day: date) -> None:
    """Scratch `lifted`: the levels of this layer set by hand on the day, and whether a check of the object has been passed; `coming` begin later."""
    names = ", ".join(map(text, called(layer))) or "NULL"
    by_hand = f"(SELECT *, coalesce(override_since, delivered_at) AS since FROM override WHERE lower(layer) IN ({names}))"
    sql = f"""CREATE OR REPLACE TEMP TABLE lifted AS
        SELECT object_id, level::UTINYINT AS level, override_by, override_why, override_until, object_id IN ({passed_checks(layer)}) AS passed
        FROM {by_hand}
        WHERE $as_of BETWEEN since AND override_until AND override_until - since <= {OVERRIDE_DAYS}
        QUALIFY row_number() OVER (PARTITION BY object_id ORDER BY since DESC, override_by, layer) = 1"""
    con.execute(sql, {"as_of": day})
    coming = f"SELECT object_id, min(since) AS since FROM {by_hand} WHERE since > $as_of GROUP BY 1"
    con.execute(f"CREATE OR REPLACE TEMP TABLE coming AS {coming}", {"as_of": day})


def _graded(layer: Layer, rules: tuple[Rule, ...], mask: int) -> tuple[int, list[str]]:
    hits = [rule for i, rule in enumerate(rules) if mask >> i & 1]
    return (hits[0].level, [rule.code for rule in hits]) if hits else (layer.default_level, [layer.default_code])


def rules_by_code(layer: Layer) -> dict[str, Rule]:
    """Every reason that a receipt of this layer can name, the default one included."""
    default = Rule(
        layer.default_level,
        layer.default_code,
        "true",
        layer.default_zh,
        layer.default_en,
        layer.default_remedy_zh,
        layer.default_remedy_en,
    )
    awaiting = (awaiting_rule(layer),) if layer.red_needs_check else ()
    return {rule.code: rule for rule in (default, held_rule(), *awaiting, *layer.rules, *layer.area_rules)}

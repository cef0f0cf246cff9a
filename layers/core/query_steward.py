"""Questions of the data steward: how good are the data, what contradicts what and where, and does the grid cover its ground?

Figures are those of domain section 7. Each is a share of objects, 0 to 1, and None where there is nothing to count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from data import policy
from data.policy import Suppressed, Viewer
from data.schema import TABLES
from layers.core.query_places import main_layer, title_of
from layers.core.query_store import Row, Store, root_of, today_of

# Targets: the link rate is domain section 7's; the others are ours, to be changed here.
TARGETS: Mapping[str, float] = {"person_house": 0.98, "house_person": 0.95, "address": 0.98, "verified": 0.90, "refused": 0.01}
LESS_IS_GOOD = frozenset({"refused"})
# Days within which an object must have been seen on the spot (domain section 7): rentals 90, people and rooms 180, land and forest a year.
VERIFIED_DAYS: Mapping[str, int] = {"person": 180, "house": 180, "rental": 90, "parcel": 365, "stand": 365}
SEEN: Mapping[str, str] = {"person": "greatest(verified_on, last_check_in)", "rental": "greatest(verified_on, inspected_on)"}
PEOPLE = ("person",)  # tables whose rows are residents: counted by the policy, and never listed
TYPED = ("override",)  # tables whose keys somebody typed: where they hit nothing they may be anything, an ID number too
TYPED_OTHER = ("case_on_missing_object",)  # kinds whose other key was typed and hit nothing
PAGE = 50


@dataclass(frozen=True, slots=True)
class Quality:
    """A figure: `share` of `total` objects, `bad` of them missing it. With `bounded` only a bound of the share may be told.

    `met` says whether the target is reached; None where there is no target or nothing to count.
    """

    name: str
    share: float | None
    bad: int | Suppressed
    total: int | Suppressed
    bounded: bool = False

    @property
    def target(self) -> float | None:
        """The share that is wanted."""
        return TARGETS.get(self.name)

    @property
    def met(self) -> bool | None:
        """Whether the figure is as good as wanted."""
        if self.share is None or self.target is None:
            return None
        return self.share <= self.target if self.name in LESS_IS_GOOD else self.share >= self.target


def quality(store: Store, viewer: Viewer) -> list[Quality]:
    """Person to house, house to person, addresses, checks on the spot, refused rows; in this order."""
    return [_persons_linked(store, viewer), _rooms_lived_in(store), _addresses(store), _verified(store), _refused(store)]


def _persons_linked(store: Store, viewer: Viewer) -> Quality:
    """People with a valid current room; where nobody delivers rooms, with a valid house."""
    room = "room" if store.values("SELECT 1 FROM room LIMIT 1") else "house"
    row = store.one(f"SELECT count(*) AS total, count(r.{room}_id) AS good FROM person p LEFT JOIN {room} r USING ({room}_id)") or {}
    return of_persons("person_house", int(row["good"]), int(row["total"]), viewer)


def of_persons(name: str, good: int, total: int, viewer: Viewer) -> Quality:
    """A share of persons. One or two who miss it must not be told by their share: it is then bounded by what is known of them anyway."""
    bad = policy.count(total - good, viewer)
    if not isinstance(bad, Suppressed):
        return Quality(name, good / total if total else None, bad, policy.count(total, viewer))
    shown = policy.count(total, viewer)
    share = None if isinstance(shown, Suppressed) else (total - policy.SMALL + 1) / total
    return Quality(name, share, bad, shown, bounded=True)


def _rooms_lived_in(store: Store) -> Quality:
    """Rooms in use as a dwelling that somebody is registered in."""
    row = store.one(
        """SELECT count(*) AS total, count(*) FILTER (EXISTS (FROM person p WHERE p.room_id = r.room_id)) AS good
        FROM room r WHERE r.room_use IN ('own', 'let')"""
    )
    return _share("house_person", row)


def _addresses(store: Store) -> Quality:
    """Where no house has an address none was delivered: that is no share of 0 %."""
    row = store.one("SELECT count(*) AS total, count(nullif(trim(address), '')) AS good FROM house") or {}
    found = _share("address", row)
    return found if row["good"] else replace(found, share=None)


def _verified(store: Store) -> Quality:
    rows = verified(store)
    objects = sum(store.values(f"SELECT count(*) FROM {table}")[0] for table in VERIFIED_DAYS)
    told = _share("verified", {"total": sum(row["total"] for row in rows), "good": sum(row["good"] for row in rows)})
    return told if rows else replace(told, total=objects, bad=objects)


def verified(store: Store) -> list[Row]:
    """Objects seen on the spot within the days of their table, the worst table first: table, total, good, days.

    A table of which no row says when it was seen was delivered without such days and is left out.
    """
    rows = []
    for table, days in VERIFIED_DAYS.items():
        seen = SEEN.get(table, "verified_on")
        told = store.one(
            f"SELECT count(*) AS total, count({seen}) AS dated, count(*) FILTER ({seen} > $today::DATE - {days}) AS good FROM {table}",
            today=today_of(store),
        )
        if told and told.pop("dated"):
            rows.append({"table": table, "days": days, **told, "zh": TABLES[table].zh, "en": TABLES[table].en})
    return sorted(rows, key=lambda row: row["good"] / row["total"])


def _refused(store: Store) -> Quality:
    """Refused rows among all that the last deliveries held."""
    row = store.one("SELECT coalesce(sum(rows), 0)::BIGINT AS total, coalesce(sum(refused), 0)::BIGINT AS good FROM dataset") or {}
    total, refused = int(row["total"]), int(row["good"])
    return Quality("refused", refused / total if total else None, refused, total)


def _share(name: str, row: Row | None) -> Quality:
    total, good = (int(row["total"]), int(row["good"])) if row else (0, 0)
    return Quality(name, good / total if total else None, total - good, total)


# --- contradictions

_FOUND = """SELECT kind, table_name, key, other_table, other_key, area_code, detail_zh, detail_en FROM contradiction
    UNION ALL SELECT 'unlinked_' || reason, table_name, key, NULL, NULL, area_code, NULL, NULL FROM unlinked"""
_VILLAGE = """(SELECT t.area_code, t.ancestor_code AS code FROM tree t
    WHERE t.ancestor_code IN (SELECT area_code FROM tree WHERE ancestor_code = $root AND depth = 1))"""


def contradiction_kinds(store: Store, viewer: Viewer) -> list[Row]:
    """Kinds with their counts, the most frequent first: kind, table, n, `listed` (whether they may be seen one by one), detail_zh, detail_en."""
    rows = store.rows(
        f"""SELECT kind, table_name AS table, count(*) AS n, any_value(detail_zh) AS detail_zh, any_value(detail_en) AS detail_en
        FROM ({_FOUND}) GROUP BY ALL ORDER BY n DESC, kind, table_name"""
    )
    return [_told(row, viewer) | {"n": _counted(row["table"], row["n"], viewer), "listed": _listed(row["table"])} for row in rows]


def contradiction_villages(store: Store, viewer: Viewer, kind: str, table: str) -> list[Row]:
    """Objects of one kind in each area below the town, most first: code ("" for those that lie nowhere), name, n."""
    rows = store.rows(
        f"""SELECT coalesce(v.code, '') AS code, any_value(a.name) AS name, count(*) AS n FROM ({_FOUND}) f
        LEFT JOIN {_VILLAGE} v ON v.area_code = f.area_code LEFT JOIN area a ON a.code = v.code
        WHERE f.kind = $kind AND f.table_name = $table GROUP BY 1 ORDER BY n DESC, 1""",
        root=root_of(store), kind=kind, table=table,
    )  # fmt: skip
    if table not in PEOPLE:
        return rows
    shown = policy.breakdown({row["code"]: row["n"] for row in rows}, viewer)
    return [row | {"n": shown[row["code"]]} for row in rows]


def contradictory(store: Store, viewer: Viewer, kind: str, table: str, area: str | None = None, limit: int = PAGE, offset: int = 0) -> Row:
    """Objects of one kind one by one, of all the town or of an area below it ("" for those that lie nowhere): `{"total", "rows"}`.

    A row has table and key of the object, its title as released, the village's name, and the detail. Of persons there are no rows.
    """
    if not _listed(table):
        return {"total": 0, "rows": []}
    where = "f.kind = $kind AND f.table_name = $table" + (" AND coalesce(v.code, '') = $area" if area is not None else "")
    source = f"FROM ({_FOUND}) f LEFT JOIN {_VILLAGE} v ON v.area_code = f.area_code LEFT JOIN area a ON a.code = v.code WHERE {where}"
    bound: Row = {"root": root_of(store), "kind": kind, "table": table} | ({} if area is None else {"area": area})
    total = store.values(f"SELECT count(*) {source}", **bound)[0]
    rows = store.rows(
        f"""SELECT f.kind, f.table_name AS table, f.key, f.other_table, f.other_key, a.name AS village, f.detail_zh, f.detail_en {source}
        ORDER BY v.code NULLS LAST, f.key, f.other_key LIMIT $limit OFFSET $offset""",
        **bound, limit=limit, offset=offset,
    )  # fmt: skip
    titles = _titles(store, viewer, table, [row["key"] for row in rows])
    return {"total": total, "rows": [_object(row, titles, viewer) for row in rows]}


def _object(row: Row, titles: Mapping[str, str], viewer: Viewer) -> Row:
    """A contradiction as the viewer may see it: the key of a person on its other side stays behind, and so does what may be one."""
    hidden = row["other_table"] in PEOPLE
    known = row["key"] in titles
    key = row["key"] if known or row["table"] not in TYPED or viewer.reaches("steward") else policy.mask_id(row["key"])
    return _told(row, viewer) | {
        "key": key,
        "title": titles.get(row["key"], key),
        "there": known,
        "other_key": None if hidden else _other_key(row, viewer),
    }


def _other_key(row: Row, viewer: Viewer) -> str | None:
    typed = row["kind"] in TYPED_OTHER and row["other_key"] and not viewer.reaches("steward")
    return policy.mask_id(row["other_key"]) if typed else row["other_key"]


def _titles(store: Store, viewer: Viewer, name: str, keys: list[str]) -> dict[str, str]:
    """What the objects are called, those that exist; as on their cards."""
    table, layer = TABLES[name], main_layer(store, name)
    wanted = [column.name for column in table.columns if column.name in ("name", "address", "class_name", "species")]
    columns = ", ".join(f'"{column}"' for column in (table.key[0], *wanted))
    rows = store.rows(f"SELECT {columns} FROM {name} WHERE list_contains($keys, {table.key[0]})", keys=keys)
    out = {}
    for row in rows:
        key = row[table.key[0]]
        values = policy.release_one(table, {column: row[column] for column in wanted}, viewer, today_of(store))
        out[key] = title_of(layer, values, key) if layer else key
    return out


def _counted(table: str, n: int, viewer: Viewer) -> int | Suppressed:
    return policy.count(n, viewer) if table in PEOPLE else n


def _listed(table: str) -> bool:
    """Whether the objects may be seen one by one: not persons, who have no card and are found from their house."""
    return table not in PEOPLE and table in TABLES


_NUMBER = re.compile(r"(?<![\d.])\d+(?![\d.])")


def _told(row: Row, viewer: Viewer) -> Row:
    """Numbers in a detail count persons, and pass the policy like any other."""

    def number(found: re.Match[str]) -> str:
        return str(policy.count(int(found[0]), viewer))

    return row | {name: _NUMBER.sub(number, row[name]) if row[name] else "" for name in ("detail_zh", "detail_en")}


# --- coverage of the ground


def coverage(store: Store, kind: str = "", limit: int = PAGE, offset: int = 0) -> Row:
    """Gaps, overlaps and areas that reach outside their parent, the largest first.

    `{"kinds": [{kind, reason_zh, reason_en, n, area_m2}], "total", "areas", "rows"}`; `areas` is how many areas there are at all,
    a row has kind, level, area_code, name, other_code, other, area_m2, lon, lat.
    """
    kinds = store.rows(
        """SELECT kind, any_value(reason_zh) AS reason_zh, any_value(reason_en) AS reason_en, count(*) AS n, sum(area_m2) AS area_m2
        FROM coverage_qa GROUP BY kind ORDER BY n DESC, kind"""
    )
    only = "WHERE q.kind = $kind" if kind else ""
    bound: dict[str, Any] = {"kind": kind} if kind else {}
    rows = store.rows(
        f"""SELECT q.kind, q.level, q.area_code, a.name, q.other_code, b.name AS other, q.area_m2, q.lon, q.lat, q.reason_zh, q.reason_en
        FROM coverage_qa q LEFT JOIN area a ON a.code = q.area_code LEFT JOIN area b ON b.code = q.other_code {only}
        ORDER BY q.area_m2 DESC, q.finding_id LIMIT $limit OFFSET $offset""",
        **bound, limit=limit, offset=offset,
    )  # fmt: skip
    total = sum(row["n"] for row in kinds if not kind or row["kind"] == kind)
    return {"kinds": kinds, "total": total, "areas": store.values("SELECT count(*) FROM area")[0], "rows": rows}

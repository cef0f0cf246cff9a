"""One delivered dataset from its files to placed rows: read, map, check, locate, and the quarantine of what was refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import shapely
from shapely.geometry.base import BaseGeometry

from data.errors import ContractError
from data.schema import Table, table
from data.store.duck import identifier
from data.store.files import fingerprint
from data.store.lake import has_tables
from etl.core.assemble import Placed
from etl.core.contract import check
from etl.core.convert import PLACE_OPTIONAL, Locator
from etl.core.datum import DatumDecision, Score, detect, nearness, require_inside
from etl.core.intake import Intake
from etl.core.mapping import Mapping_, map_headers
from etl.core.places import fill_places, place_columns, require_places
from etl.core.quarantine import write_quarantine
from etl.core.report import Report
from etl.core.scratch import Scratch
from etl.core.town_file import Dataset, Town, TownFile
from etl.core.transform import Datum
from etl.core.verdict import CheckResult, enforce, joined
from etl.core.version import code_version

# Objects may reach over the border of the town: by some 200 m, or 1 % of its size.
MARGIN_DEGREES = 0.002
MARGIN_SHARE = 0.01 / 4
# The outline against which systems are told apart: a border drawn 30 m off is usual, the shift of map apps is 500 m.
BORDER_DEGREES = 0.0003


# Points from which a system is told, and houses that they are held against.
SAMPLE = 20_000
# Tables of points that come from map apps, and stand at or near houses: their shift shows against the houses.
DEVICES = frozenset({"facility", "responder"})


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known of the town's place in lon/lat: its outline and a generous hull, both None as long as there are no areas.

    `houses` gives houses against which the shift of map apps shows.
    """

    outline: BaseGeometry | None
    generous: BaseGeometry | None
    houses: Callable[[], list[BaseGeometry]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A town file with what a run needs to know beside it. `today` bounds dates, `delivered_at` dates the rows."""

    file: TownFile
    base: Path
    today: date
    delivered_at: date
    forced: frozenset[str] = frozenset()  # datasets to accept though too few of their points lie inside the town

    @property
    def town(self) -> Town:
        """The [town] section."""
        return self.file.town


@dataclass(frozen=True, slots=True)
class Identity:
    """By what a dataset is recognised as loaded before: its files, what the town file says of it, and the code that read it."""

    fingerprint: str
    declaration: str
    code_version: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A dataset that was taken in."""

    dataset: Dataset
    placed: Placed
    result: CheckResult
    identity: Identity
    quarantine: tuple[Path, ...]


def identity_of(dataset: Dataset, town: Town) -> Identity:
    """Identity of `dataset`; an address such as postgresql://… has no fingerprint and always counts as changed."""
    declared = {key: value for key, value in asdict(dataset).items() if key != "paths"}
    declared |= {"town.crs": town.crs, "town.timezone": town.timezone, "town.synthetic": town.synthetic, "town.extent": town.extent}
    declaration = json.dumps(declared, ensure_ascii=False, sort_keys=True, default=list)
    return Identity(fingerprint(dataset.paths) if dataset.paths else "", declaration, code_version())


def changed_datasets(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> list[tuple[Dataset, Identity]]:
    """Datasets that differ from what the lake has of them; areas first, for they say where the town is."""
    known: dict[str, tuple[Any, ...]] = {}
    if has_tables(connection):
        rows = connection.execute("SELECT name, fingerprint, declaration, code_version FROM lake.dataset").fetchall()
        known = {name: tuple(identity) for name, *identity in rows}
    found = [(dataset, identity_of(dataset, delivery.town)) for dataset in delivery.file.datasets]
    changed = [
        (dataset, identity) for dataset, identity in found
        if not identity.fingerprint or known.get(dataset.name) != (identity.fingerprint, identity.declaration, identity.code_version)
    ]  # fmt: skip
    return sorted(changed, key=lambda pair: reading_order(pair[0]))


def reading_order(dataset: Dataset) -> int:
    """Areas first, for they say where the town is, then houses, against which devices are held."""
    return {"area": 0, "house": 1}.get(dataset.table, 2)


def take_in(
    work: Scratch, report: Report, delivery: Delivery, dataset: Dataset, identity: Identity, frame: Frame | None, intake: Intake
) -> Taken:
    """Check and locate `dataset`, which `intake` has read; `frame` is for datasets with places.

    Its refused and doubted rows are in the quarantine of the run when this returns.
    """
    contract = table(dataset.table)
    places = place_columns(work.connection, intake.raw, intake.headers, dataset) if contract.geometry else None
    mapping = map_headers(intake.headers, dataset, contract, [name for name in (places.x, places.y) if name] if places else ())
    if contract.geometry and not places and contract.name not in PLACE_OPTIONAL:
        require_places(work.connection, intake.raw, intake.headers, dataset)
    with report.stage("check", dataset.name) as stage:
        if places:
            fill_places(work.connection, intake.raw, places)
        result = _checked(work, delivery, dataset, contract, intake, mapping)
        stage.advance(result.rows)
    relation = identifier(f"clean_{dataset.name}")
    decision: DatumDecision | None = None
    if contract.geometry:
        assert frame is not None
        with report.stage("locate", dataset.name) as stage:
            relation, result, decision = _located(work, report, delivery, dataset, intake, frame, result, places.datum if places else None)
            stage.advance(result.good)
    written: list[Path] = []
    if result.refused or result.warnings:
        with report.stage("return", dataset.name) as stage:
            written = write_quarantine(work.connection, dataset, contract, intake.raw, work.folder / "quarantine", intake.sheets)
            stage.note = f"{len(written)} workbooks"
    work.connection.execute(f"DROP TABLE {intake.raw}")
    _tell(report, dataset, intake, mapping, result, written, decision)
    links = tuple(c.name for c in contract.links if c.name in mapping.sources or c.name in dataset.constants)
    return Taken(dataset, Placed(dataset.name, relation, links), result, identity, tuple(written))


def _checked(work: Scratch, delivery: Delivery, dataset: Dataset, contract: Table, intake: Intake, mapping: Mapping_) -> CheckResult:
    town = delivery.town
    return check(
        work.connection, intake.raw, identifier(f"clean_{dataset.name}"), dataset, contract, mapping, delivery.today, delivery.delivered_at,
        synthetic=town.synthetic, timezone=town.timezone, damaged=intake.damaged,
    )  # fmt: skip


def _located(
    work: Scratch, report: Report, delivery: Delivery, dataset: Dataset, intake: Intake, frame: Frame, result: CheckResult,
    header_datum: Datum | None,
) -> tuple[str, CheckResult, DatumDecision]:  # fmt: skip
    contract, clean = table(dataset.table), identifier(f"clean_{dataset.name}")
    decision = _decided(work.connection, delivery, dataset, intake, frame, header_datum)
    for line in decision.evidence:
        report.say(f"{dataset.name}: {line} {getattr(line, 'zh', '')}".rstrip())
    accepted = dataset.accept_outside or dataset.name in delivery.forced
    require_inside(decision, dataset.name, force=accepted)
    locator = Locator(work.connection, dataset.name, contract, clean, decision.system, delivery.town.crs, frame.generous, accepted)
    placement = locator.run()
    work.connection.execute(f"DROP TABLE {clean}")
    by_code = work.connection.execute("SELECT code, count(*) FROM fault WHERE dataset = ? GROUP BY code ORDER BY 2 DESC, 1", [dataset.name])
    changed = replace(
        result, good=placement.placed, refused=result.refused + placement.refused, warnings=result.warnings + placement.repaired,
        by_code=dict(by_code.fetchall()),
    )  # fmt: skip
    return placement.relation, changed, decision


def _decided(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, dataset: Dataset, intake: Intake, frame: Frame, header_datum: Datum | None
) -> DatumDecision:
    clean = identifier(f"clean_{dataset.name}")
    (rows,) = connection.execute(f"SELECT count(*) FROM {clean} WHERE __wkb IS NOT NULL").fetchall()[0]
    # Middles, not corners: those of areas lie on the border of the town.
    numbered = f"SELECT __wkb, row_number() OVER () AS n FROM {clean} WHERE __wkb IS NOT NULL"
    middle = "ST_AsWKB(ST_Centroid(ST_GeomFromWKB(__wkb)))"
    sample = connection.execute(f"SELECT {middle} FROM ({numbered}) WHERE n % {rows // SAMPLE + 1} = 0").fetchall()
    return detect(
        [bytes(wkb) for (wkb,) in sample], dataset.crs, intake.crs[0] if intake.crs else None, frame.outline, delivery.town.crs,
        declared_datum=dataset.datum, control_points=dataset.control_points,
        score=_score(dataset, frame), header_datum=header_datum,
    )  # fmt: skip


def _score(dataset: Dataset, frame: Frame) -> Score | None:
    """How well devices fit the houses, where nobody says in which system they are."""
    if dataset.table not in DEVICES or dataset.datum or dataset.crs:
        return None
    houses = frame.houses()
    return nearness(houses) if houses else None


def _tell(
    report: Report,
    dataset: Dataset,
    intake: Intake,
    mapping: Mapping_,
    result: CheckResult,
    written: list[Path],
    decision: DatumDecision | None,
) -> None:
    for ambiguity in mapping.ambiguous:
        report.say(f"{dataset.name}: {ambiguity.zh} {ambiguity.en}")
    for code, count in result.by_code.items():
        report.say(f"{dataset.name}: {code} {count:,}")
    for path in written:
        report.say(f"{dataset.name}: {path}")
    system = {"system": decision.label, "inside_share": decision.inside_share} if decision else {}
    evidence = (*intake.evidence, *(decision.evidence if decision else ()))
    report.datasets.append({
        "name": dataset.name, "table": dataset.table, "file": dataset.file, "files": intake.files, "rows": result.rows,
        "refused": result.refused, "warnings": result.warnings, "faults": result.by_code, "encoding": intake.encodings, "crs": intake.crs,
        **system,
        "evidence": [str(line) for line in evidence], "evidence_zh": [str(getattr(line, "zh", line)) for line in evidence],
        "unmapped": list(mapping.unmapped),
        "mapping": {column: [source.header for source in sources] for column, sources in mapping.sources.items()},
        "quarantine": [str(path) for path in written],
    })  # fmt: skip


def require_acceptable(taken: Sequence[Taken]) -> None:
    """Raises ContractError naming every dataset whose share of refused rows, or of unusable values of a column, is over its limit."""
    told: list[ContractError] = []
    for one in taken:
        try:
            enforce(one.dataset, one.result)
        except ContractError as error:
            told.append(error)
    if told:
        raise joined(told)


def town_frame(connection: duckdb.DuckDBPyConnection, delivery: Delivery, taken: Sequence[Taken]) -> Frame:
    """What is known of the town's place: delivered areas, those that the lake has, and the declared extent."""

    def houses() -> list[BaseGeometry]:
        return _shapes(connection, taken, "house")

    shapes = [shapely.box(*delivery.town.extent)] if delivery.town.extent else []
    shapes += _shapes(connection, taken, "area")
    if not shapes:
        return Frame(None, None, houses)
    outline = shapely.union_all(shapely.make_valid(shapes))
    margin = max(MARGIN_DEGREES, MARGIN_SHARE * shapely.length(shapely.envelope(outline)))
    generous = shapely.simplify(shapely.buffer(shapely.convex_hull(outline), margin, quad_segs=2), margin / 10)
    outline = shapely.simplify(shapely.buffer(outline, BORDER_DEGREES, quad_segs=2), BORDER_DEGREES / 10)
    return Frame(outline, generous, houses)


def _shapes(connection: duckdb.DuckDBPyConnection, taken: Sequence[Taken], name: str) -> list[BaseGeometry]:
    """Places (lon/lat) of a table as delivered in this run, or else as the lake has them; at most `SAMPLE` of them, but all areas."""
    relations = [one.placed.relation for one in taken if one.dataset.table == name]
    if not relations and has_tables(connection):
        relations = [f"lake.{name}"]
    few = "" if name == "area" else f" USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE (1)"
    found: list[BaseGeometry] = []
    for relation in relations:
        rows = connection.execute(f"SELECT ST_AsWKB(lonlat) FROM {relation} WHERE lonlat IS NOT NULL{few}").fetchall()
        found += list(shapely.from_wkb([bytes(wkb) for (wkb,) in rows]))
    return found

"""The seeded faults: what faults.json promises is in the files, and nothing else is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely

from data.schema import TABLES
from data.town import faults, mistakes
from data.town.manifest import DATASETS
from tests.unit.town.conftest import Town

HEADERS = {(kind.dataset, kind.column): kind.header for kind in mistakes.KINDS}


def lines(town: Town, delivery: int, **wanted: str) -> list[dict[str, Any]]:
    return [f for f in town.faults if f["delivery"] == delivery and all(f[key] == value for key, value in wanted.items())]


@pytest.mark.parametrize("kind", mistakes.KINDS, ids=faults.name_of)
def test_every_kind_of_fault_is_seeded_at_least_as_often_as_promised(kind: faults.Kind, town: Town) -> None:
    same = lines(town, 1, dataset=kind.dataset, fault=kind.fault, column=kind.column, expect=kind.expect)
    assert len(same) >= kind.least


@pytest.mark.parametrize("dataset", sorted({kind.dataset for kind in mistakes.KINDS}))
def test_the_row_of_every_fault_holds_its_value(dataset: str, town: Town) -> None:
    for delivery in (1, 2):
        seeded = [f for f in lines(town, delivery, dataset=dataset) if f["row"] and f["column"] != "geom"]
        if not seeded:
            continue
        frame = town.delivery(delivery).read(dataset).set_index(["file", "row"])
        for fault in seeded:
            found = frame.loc[(fault["file"], fault["row"]), HEADERS[dataset, fault["column"]]]
            assert (found or "") == fault["value"], fault


def test_repeated_keys_are_exactly_the_seeded_ones(town: Town) -> None:
    for dataset, header, fault in (
        ("houses", "FWBH", "duplicate_key"),
        ("rooms", "房间编号", "duplicate_key"),
        ("residents", "公民身份号码", "duplicate_id_number"),
        ("land", "BSM", "duplicate_key"),
    ):
        frame = town.delivery(1).read(dataset)
        other = {(f["file"], f["row"]) for f in lines(town, 1, dataset=dataset) if f["fault"] != fault}
        keys = frame[[place not in other for place in zip(frame["file"], frame["row"], strict=True)]][header]
        repeated = keys[keys.duplicated() & (keys != "")]
        assert sorted(repeated) == sorted(f["key"] for f in lines(town, 1, dataset=dataset, fault=fault))


def test_invalid_polygons_are_exactly_the_seeded_ones(town: Town) -> None:
    for delivery, dataset, header in ((1, "houses", "FWBH"), (1, "land", "BSM"), (1, "forest", "XBBH"), (3, "houses", "FWBH")):
        frame = town.delivery(delivery).read(dataset)
        invalid = set(frame[~frame.geometry.is_valid][header])
        assert invalid == {f["key"] for f in lines(town, delivery, dataset=dataset, fault="geometry_repaired")}


def test_swapped_devices_are_exactly_the_seeded_ones(town: Town) -> None:
    devices = town.delivery(1).read("facilities")
    swapped = devices[devices["经度"].astype(float) < 90]["设施编号"]
    assert set(swapped) == {f["key"] for f in lines(town, 1, fault="geometry_swapped")} != set()


def test_teams_leave_gaps_and_overlap_exactly_where_seeded(town: Town) -> None:
    delivery = town.delivery(1)
    teams, grids = delivery.read("grid_team"), delivery.read("grid_micro").set_index("WGBM")
    gaps = {code for code, family in teams.groupby("SJBM") if grids.geometry[code].difference(family.union_all()).area > 1}
    assert gaps == {f["key"] for f in lines(town, 1, fault="gap")} != set()
    one, other = shapely.STRtree(teams.geometry).query(teams.geometry, predicate="intersects")
    pairs = {
        (teams["WGBM"][a], teams["WGBM"][b])
        for a, b in zip(one, other, strict=True)
        if a < b and teams.geometry[a].intersection(teams.geometry[b]).area > 1
    }
    assert {tuple(sorted(pair)) for pair in pairs} == {(f["key"], f["value"]) for f in lines(town, 1, fault="overlap")} != set()


def test_houses_on_forest_land_are_the_seeded_ones(town: Town) -> None:
    delivery = town.delivery(1)
    houses, land = delivery.read("houses"), delivery.read("land")
    woods = land[land["DLBM"].str.startswith(("0301", "0302", "0305", "0307"))].geometry
    spots = shapely.point_on_surface(shapely.make_valid(houses.geometry.to_numpy()))
    inside = {houses["FWBH"][k] for k in shapely.STRtree(woods).query(spots, predicate="within")[0]}
    assert {f["key"] for f in lines(town, 1, fault="house_on_forest_land")} == inside - {""} != set()


def test_refused_rows_stay_under_the_limit_of_their_table(town: Town) -> None:
    for delivery, folder in ((1, "1-base"), (2, "2-update"), (3, "3-update")):
        refused = Counter(f["dataset"] for f in lines(town, delivery, expect="refused"))
        for dataset, count in refused.items():
            assert count / town.manifest.rows[folder, dataset] < TABLES[DATASETS[dataset].table].max_bad_share


def test_the_last_delivery_has_no_faulty_row(town: Town) -> None:
    assert {f["expect"] for f in lines(town, 3)} == {"unlinked"}


def test_columns_of_faults_belong_to_the_contract(town: Town) -> None:
    for fault in town.faults:
        columns = {column.name for column in TABLES[DATASETS[fault["dataset"]].table].all_columns} | {"geom"}
        assert fault["column"] in columns


def test_a_damaged_number_looks_as_a_spreadsheet_leaves_it() -> None:
    number = "990115195001011229"
    assert faults.scientific(number) == "9.90115E+17"
    assert faults.truncated(number) == "990115195001011000"
    assert faults.fifteen(number) == "990115500101122"
    assert faults.mistyped("99011519500101122X") != "99011519500101122X"


def test_a_number_that_stays_valid_when_cut_is_not_used() -> None:
    body = next(f"9901151950010{n:02d}" for n in range(11, 99) if faults.valid_id(f"9901151950010{n:02d}000"))
    assert faults.truncated(body + "123") is None


def test_copies_go_to_the_end_of_their_own_file_and_row_numbers_follow() -> None:
    columns = {"key": pa.array(["a", "b", "c", "d"]), "name": pa.array(["A", "B", "C", "D"])}
    sheet = faults.Sheet("houses", ["one", "two"], columns, "key", np.array([0]), first_row=4, file_of=np.array([0, 0, 1, 1]))
    kind = faults.Kind("houses", "duplicate_key", "key", "house_id", "refused", faults.same, extra=True)
    found = faults.spoil(np.random.default_rng(1), sheet, (kind,), {faults.name_of(kind): 1}, 1)
    assert sheet.columns["key"].to_pylist() == ["a", "b", "a", "c", "d"]
    assert sheet.rows().tolist() == [4, 5, 6, 4, 5]
    assert [(f.file, f.row, f.key) for f in found] == [("one", 6, "a")]


def test_shares_of_all_parts_add_up_to_the_town() -> None:
    for kind in ("a", "rooms/x"):
        assert sum(faults.share(kind, 25, 1, 1.0, part, 6) for part in range(6)) == 25
        assert sum(faults.share(kind, 25, 2, 0.001, part, 2) for part in range(2)) == 2


def test_a_crossed_ring_is_invalid_and_can_be_repaired() -> None:
    crossed = faults.crossed_ring(shapely.box(0, 0, 10, 8))
    assert crossed is not None
    assert not crossed.is_valid
    assert shapely.make_valid(crossed).area > 10


def test_faults_are_listed_in_order_and_counts_are_added_up() -> None:
    one = faults.Fault(1, "migrants", None, None, None, "house_id", None, "no_house", "unlinked", None, 3)
    row = faults.Fault(1, "houses", "f", None, 7, "storeys", "222", "out_of_range", "warning", "k")
    assert faults.summed([one, row, one]) == [row, replace(one, count=6)]

"""The job as an analyst would write it with geopandas."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd

from bench.etl_job import files
from bench.etl_job.watch import Watch

warnings.filterwarnings("ignore")


def main(base: Path) -> None:
    watch, found = Watch(), files(base)
    with watch.stage("read"):
        grid = pd.concat([gpd.read_file(found["grid"][0], layer=layer, use_arrow=True) for layer in ("村居", "微网格", "队组")])
        house = pd.concat([gpd.read_file(file, encoding="gb18030", use_arrow=True) for file in found["house"]])
        parcel = pd.concat([gpd.read_file(file, layer="DLTB", use_arrow=True) for file in found["parcel"]])
        stand = pd.concat([gpd.read_file(file, encoding="gb18030", use_arrow=True) for file in found["stand"]])
        person = pd.concat([pd.read_csv(file, encoding="gb18030", dtype=str) for file in found["person"]])
    with watch.stage("transform"):
        for frame in (grid, house, parcel, stand):
            frame["geometry"] = frame.geometry.make_valid()
            frame["lonlat"] = frame.geometry.to_crs(4326)
    with watch.stage("place"):
        leaf = grid[~grid["WGBM"].isin(grid["SJBM"])]
        points = house.set_geometry(house.representative_point())[["FWBH", "geometry"]]
        points = points[points["FWBH"].notna() & (points["FWBH"] != "")]
        placed = points.sjoin(leaf[["WGBM", "geometry"]], predicate="within").drop_duplicates("FWBH")[["FWBH", "WGBM"]]
        landed = points.sjoin(parcel[["BSM", "geometry"]], predicate="within").drop_duplicates("FWBH")[["FWBH", "BSM"]]
        house = house.merge(placed, on="FWBH", how="left").merge(landed, on="FWBH", how="left")
    with watch.stage("link"):
        homes = house[["FWBH", "WGBM"]].dropna().drop_duplicates("FWBH")
        person["WGBM"] = person["房屋编号"].map(homes.set_index("FWBH")["WGBM"])
    with watch.stage("roll up"):
        parent = grid.drop_duplicates("WGBM").set_index("WGBM")["SJBM"].to_dict()
        people = person.groupby("WGBM").size()
        houses = house.groupby("WGBM").size()
        by_area = pd.DataFrame({"people": people, "houses": houses}).fillna(0)
        up = by_area
        for _ in range(2):
            up = up.groupby(lambda code: parent.get(code, code)).sum()
    with watch.stage("overlay"):
        villages = grid[~grid["SJBM"].isin(grid["WGBM"])][["WGBM", "geometry"]]
        forest = gpd.overlay(stand[["XBBH", "geometry"]], villages, how="intersection")
        area_m2 = float(forest.area.sum())
    watch.finish(
        {
            "houses placed": len(placed), "houses on a parcel": len(landed),
            "people linked": int(person["WGBM"].notna().sum()),
            "forest in villages, ha": round(area_m2 / 1e4, 1), "areas": len(by_area),
        }
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A town of two villages and four teams, written as files that departments send. Small enough to load in a second."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import shapely
from rich.console import Console

from data.settings import Settings
from data.store.lake import open_lake
from data.store.serving import ServingStore
from etl.core.run import Outcome, load
from layers.core.registry import load_layers
from layers.core.spec import Layer

X, Y = 376_000.0, 3_453_900.0  # EPSG:4550, near 121.7° E 31.2° N
Feature = tuple[dict[str, Any], shapely.Geometry]
Table = list[dict[str, Any]]


def box(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    """A rectangle whose lower left corner lies (x, y) metres from that of the town."""
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


def areas() -> list[Feature]:
    """Town T of 4 km × 2 km, villages V0 and V1 beside each other, teams T0 below T1 in each."""
    found: list[Feature] = [({"code": "T", "name": "小镇", "level": 0}, box(0, 0, 4000, 2000))]
    for v in range(2):
        found.append(({"code": f"V{v}", "name": f"第{v}村", "level": 1, "parent_code": "T"}, box(2000 * v, 0, 2000, 2000)))
        for t in range(2):
            team = {"code": f"V{v}T{t}", "name": f"{v}村{t}组", "level": 2, "parent_code": f"V{v}"}
            found.append((team, box(2000 * v, 1000 * t, 2000, 1000)))
    return found


def houses(count: int = 40) -> list[Feature]:
    """Houses in rows, H000 in the lower left; every fourth is let."""
    return [
        (
            {"house_id": f"H{i:03}", "address": f"第{i // 20}村{i}号", "occupancy": "全部出租" if i % 4 == 3 else "自住", "storeys": 2,
             "verified_on": "2026-09-01"},
            box(100 + (i % 20) * 190, 100 + (i // 20) * 1000, 10, 9),
        )
        for i in range(count)
    ]  # fmt: skip


def parcels() -> list[Feature]:
    """Ten strips of paddy from west to east."""
    return [
        ({"parcel_id": f"P{i}", "class_code": "0101", "class_name": "水田", "scheme": "sandiao"}, box(400 * i, 0, 400, 2000))
        for i in range(10)
    ]


def id_number(serial: int, born: str = "19800101") -> str:
    """A citizen number of an area prefix that is not issued, with its check digit."""
    body = f"990115{born}{serial:03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def people(count: int = 60) -> Table:
    """Registered people, number i in house i modulo 40."""
    return [
        {"姓名": f"陆{i}", "证件类型": "居民身份证", "公民身份号码": id_number(i), "人口类别": "户籍人口", "房屋编号": f"H{i % 40:03}",
         "现住址": "", "室号": "", "核实日期": "2026-09-01"}
        for i in range(count)
    ]  # fmt: skip


@dataclass
class TinyTown:
    """What is delivered: datasets by name, each (table, content). Change it and write it again."""

    folder: Path
    delivered_at: date = date(2026, 9, 23)
    town: dict[str, str] = field(default_factory=dict)  # further lines of [town]
    datasets: dict[str, tuple[str, list[Any]]] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)  # further lines of a [[dataset]]

    def write(self, only: Sequence[str] | None = None) -> Path:
        """Write the files and the town file; `only` names the datasets of an update."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = ["[town]", 'name = { zh = "小镇", en = "Tiny" }', 'code = "T"', 'crs = "EPSG:4550"', "synthetic = true"]
        lines += [f"delivered_at = {self.delivered_at}", *(f"{key} = {value}" for key, value in self.town.items())]
        for name, (table, content) in self.datasets.items():
            if only is None or name in only:
                file = (
                    _write_features(self.folder, name, content)
                    if content and isinstance(content[0], tuple)
                    else _write_rows(self.folder, name, content)
                )
                lines += ["[[dataset]]", f'name = "{name}"', f'table = "{table}"', f'file = "{file}"', self.options.get(name, "")]
        path = self.folder / "town.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    def change(self, name: str, how: Callable[[list[Any]], list[Any]]) -> None:
        """Replace the content of a dataset."""
        table, content = self.datasets[name]
        self.datasets[name] = (table, how(list(content)))


def tiny_town(folder: Path) -> TinyTown:
    """Areas, houses, parcels and people without a fault."""
    return TinyTown(
        folder,
        datasets={
            "areas": ("area", areas()), "houses": ("house", houses()), "parcels": ("parcel", parcels()), "people": ("person", people()),
        },
    )  # fmt: skip


def _write_features(folder: Path, name: str, features: list[Feature]) -> str:
    collection = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4550"}},
        "features": [
            {"type": "Feature", "properties": values, "geometry": json.loads(shapely.to_geojson(shape)) if shape is not None else None}
            for values, shape in features
        ],
    }
    (folder / f"{name}.geojson").write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    return f"{name}.geojson"


def _write_rows(folder: Path, name: str, rows: Table) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (folder / f"{name}.csv").write_text(out.getvalue(), encoding="utf-8-sig", newline="")
    return f"{name}.csv"


@cache
def few_layers() -> tuple[Layer, ...]:
    """Houses and areas: enough to publish, and quicker than all layers."""
    return tuple(layer for layer in load_layers() if layer.name in ("houses", "grid_qa"))


def home_of(tmp_path: Path, **changes: Any) -> Settings:
    """Settings of an installation of its own."""
    return replace(Settings(home=tmp_path / "home", threads=1), **changes)


def quietly(settings: Settings, path: Path, **options: Any) -> Outcome:
    """Load without printing."""
    return load(settings, path, Console(file=io.StringIO(), width=140), layers=few_layers(), **options)


def in_lake(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query over the lake."""
    with open_lake(settings) as connection:
        return connection.execute(query).fetchall()


def on_show(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query over the published snapshot."""
    store = ServingStore(settings)
    try:
        with store.read() as cursor:
            return cursor.execute(query).fetchall()
    finally:
        store.close()

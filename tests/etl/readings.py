"""Delivered files read whole, for the tests of the readers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import shapely

from etl.core.read import read_dataset
from etl.core.spec import Damaged, ReadOptions


@dataclass(frozen=True)
class Read:
    """All readings of a dataset, put together."""

    rows: list[dict[str, Any]]
    headers: tuple[str, ...]
    crs: str | None
    encoding: str | None
    evidence: str
    damaged: list[Damaged]
    sheets: list[str | None]

    @property
    def shapes(self) -> int:
        return sum(row["__wkb"] is not None for row in self.rows)


def read(base: Path, file: str, **options: Any) -> Read:
    rows: list[dict[str, Any]] = []
    readings = []
    for reading in read_dataset(base, file, ReadOptions(**options)):
        for batch in reading.batches:
            assert batch.schema.names == [*reading.headers, "__row", "__wkb"]
            assert all(kind == pa.string() for kind in batch.schema.types[:-2])
            batch.validate(full=True)
            rows += batch.to_pylist()
        readings.append(reading)
    evidence = " | ".join(line for reading in readings for line in (*reading.evidence, *reading.notes))
    damaged = [item for reading in readings for item in reading.damaged]
    last = readings[-1]
    return Read(rows, last.headers, last.crs, last.encoding, evidence, damaged, [reading.sheet for reading in readings])


def delivered(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    (folder / name).write_bytes(text.encode(encoding))
    return folder


def houses(count: int = 3) -> gpd.GeoDataFrame:
    names = ["张三", "李四", "示范镇示范村"]
    return gpd.GeoDataFrame(
        {"FWBH": [f"{n:06d}" for n in range(count)], "XM": [names[n % 3] for n in range(count)], "CS": [2] * count, "MJ": [80.5] * count},
        geometry=[shapely.box(n, 0, n + 0.5, 1) for n in range(count)], crs="EPSG:4550",
    )  # fmt: skip

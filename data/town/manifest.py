"""The town.toml of a delivery, and faults.json."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pandas as pd

LEVELS = (("镇", "Town"), ("村居", "Village"), ("微网格", "Micro-grid"), ("队组", "Team"))
GRID_LAYERS = ("grid_town", "grid_village", "grid_micro", "grid_team")


@dataclass(frozen=True, slots=True)
class Entry:
    """A [[dataset]] of town.toml."""

    table: str
    file: str
    options: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)  # contract column = header, where the header is not one that is known


DATASETS: dict[str, Entry] = {
    **{
        name: Entry("area", "网格/网格.gpkg", {"layer": zh}, {"level": str(level)})
        for level, (name, (zh, _)) in enumerate(zip(GRID_LAYERS, LEVELS, strict=True))
    },
    "land": Entry("parcel", "土地/变更调查.gdb", {"layer": "DLTB"}, {"scheme": "sandiao"}),
    "forest": Entry("stand", "林地/小班.shp"),
    "houses": Entry("house", "房屋/*房屋.shp"),
    "rooms": Entry("room", "房屋/*房间.csv"),
    "rentals": Entry("rental", "出租房/*.xlsx"),
    "residents": Entry("person", "人口/*户籍人口.csv", {}, {"category": "registered", "id_type": "111"}),
    "migrants": Entry("person", "流动人口/*.xlsx", {}, {"category": "migrant", "id_type": "111"}),
    "overseas": Entry(
        "person",
        "人口/*境外人员.csv",
        {},
        {"category": "overseas"},
        {"origin": "国籍（地区）", "inflow_reason": "居留事由", "permit_until": "停居留有效期至"},
    ),
    "lodging": Entry("person", "人口/*寄住人口.csv", {}, {"category": "lodging", "id_type": "111"}, {"inflow_reason": "寄住事由"}),
    "facilities": Entry("facility", "设施/设施清单.csv", {"datum": "gcj02"}),
    "organisations": Entry("organisation", "人员/单位名录.csv"),
    "staff": Entry("responder", "人员/值守力量.csv", {"crs": "EPSG:4490"}),
    "services": Entry("service", "人员/服务清单.csv"),
    "casework": Entry("casework", "处置/处置台账.csv"),
    "roads": Entry("backdrop", "底图/道路.geojson", {}, {"kind": "road"}),
    "waters": Entry("backdrop", "底图/水面.shp", {}, {"kind": "water"}),
    "waterways": Entry("backdrop", "底图/河道中心线.geojson", {}, {"kind": "waterway"}),
}


def town_toml(areas: pd.DataFrame, names: list[str], delivered_at: date) -> str:
    """The text of town.toml for a delivery that holds the datasets `names`."""
    town = areas.iloc[0]
    levels = ", ".join(f'{{ zh = "{zh}", en = "{en}" }}' for zh, en in LEVELS)
    lines = [
        "[town]", f'name = {{ zh = "{town["name"]}", en = "Model Town" }}', f'code = "{town["code"]}"', 'crs = "EPSG:4550"',
        'timezone = "Asia/Shanghai"', f"levels = [ {levels} ]", "synthetic = true", f"delivered_at = {delivered_at.isoformat()}",
    ]  # fmt: skip
    for name, entry in DATASETS.items():
        if name in names:
            lines += ["", "[[dataset]]", f'name = "{name}"', f'table = "{entry.table}"', f'file = "{entry.file}"']
            lines += [f'{key} = "{value}"' for key, value in entry.options.items()]
            tables = (("constants", entry.constants), ("fields", entry.fields))
            lines += [f"{name} = {{ {_pairs(table)} }}" for name, table in tables if table]
    return "\n".join(lines) + "\n"


def _pairs(table: dict[str, str]) -> str:
    return ", ".join(f'{key} = "{value}"' for key, value in table.items())

"""The next delivery of a town in which one row in a hundred has changed: every file is sent again in full, as departments do."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio

from etl.core import dbf

EVERY, FIRST = 100, 7  # the rows FIRST, FIRST + EVERY, … of each file change
DELIVERED = "2026-10-23"
# dataset → (files, column, new value): a check made anew, another phone, an area measured again
CSV = {
    "rooms": ("房屋/*房间.csv", "使用面积", "88.8"),
    "residents": ("人口/*户籍人口.csv", "采集日期", "2026-10-20"),
    "facilities": ("设施/*.csv", "巡查日期", "2026-10-20"),
    "organisations": ("人员/单位名录.csv", "合同到期", "2031-01-01"),
    "staff": ("人员/值守力量.csv", "联系电话", "16409999999"),
    "services": ("人员/服务清单.csv", "完成率", "0.5"),
    "casework": ("处置/*.csv", "责任人电话", "16409999999"),
}
DBF = {"houses": ("房屋/*.dbf", b"SJRQ", b"20261020"), "forest": ("林地/*.dbf", b"SJRQ", b"20261020")}
XLSX = {"rentals": ("出租房/*.xlsx", "E", "16409999999"), "migrants": ("流动人口/*.xlsx", "S", "2026.10.20")}
GDB = {"land": ("土地/*.gdb", "DLTB", "SJRQ", "20261020")}
REGISTERS = (*CSV, *DBF, *XLSX, *GDB)


def make(base: Path, out: Path, datasets: Sequence[str] = REGISTERS) -> int:
    """Write the delivery below `out`: `datasets` with every hundredth row changed, the town file naming no others. Returns changed rows."""
    shutil.rmtree(out, ignore_errors=True)
    changed = 0
    for tables, change in ((CSV, _csv), (DBF, _dbf), (XLSX, _xlsx), (GDB, _gdb)):
        for name in (name for name in tables if name in datasets):
            pattern, *what = tables[name]  # type: ignore[misc]
            found = sorted(base.glob(pattern))
            for source in (beside for path in found for beside in _with_companions(path)):
                _copy(source, out / source.relative_to(base))
            changed += sum(change(path, out / path.relative_to(base), *what) for path in found)
    (out / "town.toml").write_text(_town_file((base / "town.toml").read_text(encoding="utf-8"), datasets), encoding="utf-8")
    return changed


def _town_file(text: str, datasets: Sequence[str]) -> str:
    head, *sections = text.split("[[dataset]]")
    kept = [section for section in sections if re.search(r'^name = "(\w+)"', section, re.M)[1] in datasets]  # type: ignore[index]
    return re.sub(r"delivered_at = \S+", f"delivered_at = {DELIVERED}", "[[dataset]]".join([head, *kept]))


def _with_companions(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.stem}.*")) if path.suffix == ".dbf" else [path]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not source.is_dir():
        shutil.copyfile(source, target)


def _csv(source: Path, target: Path, column: str, value: str) -> int:
    raw = source.read_bytes()
    encoding = "utf-8" if _is_utf8(raw) else "gb18030"
    lines = raw.decode(encoding).split("\r\n" if b"\r\n" in raw else "\n")
    place = lines[0].lstrip("\ufeff").split(",").index(column)
    changed = 0
    for number in range(FIRST, len(lines), EVERY):
        cells = lines[number].split(",")
        if len(cells) == lines[0].count(",") + 1 and '"' not in lines[number]:
            cells[place] = value
            lines[number], changed = ",".join(cells), changed + 1
    target.write_bytes(("\r\n" if b"\r\n" in raw else "\n").join(lines).encode(encoding))
    return changed


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _dbf(source: Path, target: Path, name: bytes, value: bytes) -> int:
    with source.open("rb") as handle:
        header = dbf.read_header(handle, source.name)
    field = next(field for field in header.fields if field.name == name)
    raw = bytearray(source.read_bytes())
    rows = range(FIRST, header.records, EVERY)
    for row in rows:
        start = header.start + row * header.record_size + field.offset
        raw[start : start + field.width] = value.ljust(field.width)
    target.write_bytes(raw)
    return len(rows)


def _xlsx(source: Path, target: Path, column: str, value: str) -> int:
    cell = re.compile(rf'(<c r="{column}(\d+)" t="inlineStr"><is><t>)[^<]*')
    count = 0

    def changed(found: re.Match[str]) -> str:
        nonlocal count
        if int(found[2]) % EVERY != FIRST:
            return found[0]
        count += 1
        return found[1] + value

    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename.startswith("xl/worksheets/"):
                content = cell.sub(changed, content.decode()).encode()
            new.writestr(item, content)
    return count


def _gdb(source: Path, target: Path, layer: str, column: str, value: str) -> int:
    meta, table = pyogrio.read_arrow(source, layer=layer)
    chosen = pa.array(np.arange(table.num_rows) % EVERY == FIRST)
    place = table.schema.get_field_index(column)
    new = pc.if_else(chosen, pa.scalar(value), table.column(place).cast(pa.string()))
    pyogrio.write_arrow(
        table.set_column(place, column, new), target, layer=layer, driver="OpenFileGDB", crs=meta["crs"],
        geometry_type=meta["geometry_type"], geometry_name=meta["geometry_name"] or "wkb_geometry",
    )  # fmt: skip
    return int(pc.sum(chosen).as_py())

"""A published town of squares: two villages of four teams each, a camera, houses with addresses. For what reads the serving file only."""

import json
from collections.abc import Iterable
from pathlib import Path

from data.settings import Settings
from data.store.duck import connect

WEST, SOUTH, SIDE = 121.70, 31.20, 0.01  # each team is a square of 0.01°, villages lie side by side
TEAMS = [(village, n) for village in (200, 201) for n in range(4)]


def box(west: float, south: float, east: float, north: float) -> str:
    return f"ST_MakeEnvelope({west}, {south}, {east}, {north})"


def areas(west: float = WEST, south: float = SOUTH, side: float = SIDE) -> Iterable[tuple[str, str | None, int, str, str]]:
    """Code, parent, level, name, polygon."""
    yield "990115103", None, 0, "示范镇", box(west, south, west + 4 * side, south + 2 * side)
    for k, name in enumerate(("苇圩村", "栾汀村")):
        yield f"99011510320{k}", "990115103", 1, name, box(west + 2 * k * side, south, west + 2 * (k + 1) * side, south + 2 * side)
    for village, n in TEAMS:
        x, y = west + (2 * (village - 200) + n % 2) * side, south + n // 2 * side
        yield f"990115103{village}0{n + 1}", f"990115103{village}", 2, f"{n + 1}组", box(x, y, x + side, y + side)


def publish(
    home: Path, number: int = 1, west: float = WEST, south: float = SOUTH, side: float = SIDE, zone: str = "Asia/Shanghai"
) -> Settings:
    """Write the serving file `number` into `home` and point to it."""
    (home / "serving").mkdir(parents=True, exist_ok=True)
    (home / "pack").mkdir(exist_ok=True)
    file = home / "serving" / f"v{number}.duckdb"
    with connect(file) as connection:
        connection.execute(
            "CREATE TABLE area (code VARCHAR, parent_code VARCHAR, level BIGINT, name VARCHAR, households BIGINT, lonlat GEOMETRY)"
        )
        for code, parent, level, name, polygon in areas(west, south, side):
            connection.execute(f"INSERT INTO area VALUES (?, ?, ?, ?, 100, {polygon})", [code, parent, level, name])
        _points(connection, west, south, side)
        connection.execute("CREATE TABLE town (key VARCHAR, value VARCHAR)")
        facts = {"name": {"zh": "示范镇", "en": "Model Town"}, "code": "990115103", "timezone": zone, "synthetic": True, "snapshot": number}
        connection.executemany("INSERT INTO town VALUES (?, ?)", [[key, json.dumps(value)] for key, value in facts.items()])
    (home / "pack" / f"v{number}.json").write_text("{}")
    told = {"snapshot": number, "file": file.name, "manifest": f"v{number}.json", "published_at": "2026-11-22T09:42:00+08:00"}
    pointer = home / "serving" / "current.json"
    pointer.with_suffix(".new").write_text(json.dumps(told))
    pointer.with_suffix(".new").replace(pointer)
    return Settings(home=home)


def _points(connection, west: float, south: float, side: float) -> None:
    connection.execute(
        "CREATE TABLE facility (facility_id VARCHAR, kind VARCHAR, name VARCHAR, state VARCHAR, stream VARCHAR, area_code VARCHAR,"
        " west DOUBLE, south DOUBLE, east DOUBLE, north DOUBLE)"
    )
    at = (west + 0.5 * side, south + 0.5 * side)
    connection.execute(
        "INSERT INTO facility VALUES ('SB-1', 'camera', '苇圩村监控1号', 'working', 'rtsp://127.0.0.1/SB-1', '99011510320001', ?, ?, ?, ?)",
        [*at, *at],
    )
    connection.execute(
        "CREATE TABLE house (house_id VARCHAR, address VARCHAR, area_code VARCHAR, west DOUBLE, south DOUBLE, east DOUBLE, north DOUBLE)"
    )
    for k, (village, name) in enumerate(((200, "苇圩村"), (201, "栾汀村"))):
        for n in range(4):
            x, y = west + (2 * k + n % 2 + 0.25) * side, south + (n // 2 + 0.25) * side
            house = [f"F{village}{n}", f"示范镇{name}{n + 1}组{n + 1}2号", f"990115103{village}0{n + 1}", x, y, x + 1e-4, y + 1e-4]
            connection.execute("INSERT INTO house VALUES (?, ?, ?, ?, ?, ?, ?)", house)
    x, y = west + 0.3 * side, south + 0.3 * side
    connection.execute("INSERT INTO house VALUES ('F1', '示范镇苇圩村安穗苑4幢', '99011510320001', ?, ?, ?, ?)", [x, y, x + 1e-4, y + 1e-4])
    connection.execute(
        "CREATE TABLE responder (responder_id VARCHAR, name VARCHAR, phone VARCHAR, team_kind VARCHAR, skills VARCHAR[], duty VARCHAR,"
        " area_code VARCHAR, west DOUBLE, south DOUBLE, east DOUBLE, north DOUBLE)"
    )
    for n in range(4):
        x, y = west + (n + 0.5) * side, south + 0.5 * side
        row = [f"R{n}", "陆某", "13800000000", "grid", ["巡查"], "on", f"99011510320{n // 2}0{n % 2 + 1}", x, y, x, y]
        connection.execute("INSERT INTO responder VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

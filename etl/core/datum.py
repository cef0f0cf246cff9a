"""Telling in which system coordinates were delivered, with evidence: what is declared, what the file says, and where the points fall."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from data.errors import SourceError
from data.geo import fit_similarity, zones
from etl.core.evidence import Evidence
from etl.core.outline import CHINA, Box, Place, Score, nearness, sample_points
from etl.core.system_names import chinese, crs_label, label
from etl.core.transform import LONLAT, Coordinates, Datum, System, Transform, crs_of, is_degrees, to_lonlat

__all__ = [
    "Alternative", "Box", "DatumDecision", "Score", "detect", "label", "nearness", "outsiders", "require_inside", "sample_points",
    "transformer",
]  # fmt: skip

MINIMUM = 0.95  # share of points inside the town below which a load is refused
CLEAR = 0.02  # a datum shift has to move this share of points into the town to be believed
_NEARLY_ALL = 0.99  # share that a shift has to put inside to be believed over an unshifted reading that would do
_MANY = 100  # points that it takes to believe a shift where the unshifted reading would do
_TRIED = 20_000  # points that every candidate is tried on


@dataclass(frozen=True, slots=True)
class Alternative:
    """A system that was tried: the share of points that it puts inside the town, and its score if known things were given."""

    system: System
    label: str
    inside_share: float
    score: float | None = None

    @property
    def label_zh(self) -> str:
        """The label in Chinese."""
        return chinese(self.label)


@dataclass(frozen=True, slots=True)
class DatumDecision:
    """The system chosen for one dataset and why. `sure` is False when another system fits as well."""

    crs: str
    datum: Datum
    swapped: bool
    inside_share: float
    evidence: tuple[str, ...]
    alternatives: tuple[Alternative, ...] = ()
    system: System = field(default_factory=lambda: System(LONLAT))
    label: str = "WGS84"
    points: int = 0
    sure: bool = True


def detect(
    sample: Any,
    declared_crs: str | None,
    file_crs: str | None,
    town: Box | Any | None,
    town_crs: str,
    *,
    declared_datum: str | None = None,
    control_points: Sequence[tuple[float, float, float, float]] = (),
    score: Score | None = None,
    header_datum: Datum | None = None,
) -> DatumDecision:
    """The system of `sample` (points (n, 2), WKB or geometries, as delivered).

    `town` is the town's outline in degrees (a box, or better a polygon; None before the areas are loaded: then only plausibility
    counts). `control_points` are (x, y, lon, lat) of a local system. `score` tells systems apart that the outline cannot, such as
    GCJ-02 from WGS84: see `nearness`. `header_datum` is what the headers call the coordinates; it counts as long as the points do not
    contradict it. Raises SourceError when a declared system is unknown or control points do not fit.
    """
    points = sample_points(sample)
    judge = _Judge(points[:: max(len(points) // _TRIED, 1)], points, Place(town, town_crs), score, header_datum)
    if control_points:
        return _fitted(judge, control_points, town_crs)
    declared = _declared(declared_crs, declared_datum, file_crs)
    if len(points) == 0:
        system = declared or (System(file_crs) if file_crs else System(town_crs))
        nothing = Evidence("there are no coordinates to judge by", "没有可供判断的坐标")
        return DatumDecision(system.crs, system.datum, system.swapped, 1.0, (nothing,), (), system, label(system))
    if declared is not None:
        return _as_declared(judge, declared, file_crs, town_crs)
    return _found(judge, file_crs, town_crs)


def require_inside(decision: DatumDecision, name: str, *, force: bool = False, minimum: float = MINIMUM) -> None:
    """Refuse a dataset of which less than `minimum` lies inside the town, unless forced. Raises SourceError with what would fit."""
    if force or decision.inside_share >= minimum:
        return
    better = [a for a in decision.alternatives if a.inside_share > decision.inside_share + CLEAR][:3]
    others = "; ".join(f"as {a.label} {_percent(a.inside_share)}" for a in better) or "no other known system fits better"
    others_zh = "；".join(f"按 {a.label_zh} 为 {_percent(a.inside_share)}" for a in better) or "其他已知坐标系也不更符合"
    raise SourceError(
        f"{name}: only {_percent(decision.inside_share)} of {decision.points} points fall inside the town as {decision.label}; {others}.",
        remedy='Declare crs = "…", datum = "gcj02" or "bd09", or control_points = […]; accept_outside = true loads it as it is.',
        zh=f"{name}：按 {chinese(decision.label)}，{decision.points} 个点中仅 {_percent(decision.inside_share)} 落在镇域内；{others_zh}。",
        zh_remedy='请声明 crs = "…"、datum = "gcj02" 或 "bd09"，或 control_points = […]；确认无误可设 accept_outside = true 照原样入库。',
    )


def outsiders(
    points: Coordinates, decision: DatumDecision, town: Box | Any | None, town_crs: str
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Masks of the delivered `points` (n, 2) that fall outside the town, and of those among them that lie inside with X and Y swapped.

    Missing coordinates (NaN) are in neither.
    """
    place = Place(town, town_crs)
    given = np.isfinite(points).all(axis=1)
    outside = given & ~place.inside(*to_lonlat(decision.system, points[:, 0], points[:, 1]))
    turned = to_lonlat(decision.system, points[:, 1], points[:, 0])
    return outside, outside & place.inside(*turned)


def transformer(decision: DatumDecision, town_crs: str) -> Transform:
    """The way from the delivered coordinates to lon/lat and to the town's plane."""
    return Transform(decision.system, town_crs)


@dataclass(frozen=True, slots=True)
class _Judge:
    tried: Coordinates
    every: Coordinates
    place: Place
    score: Score | None
    header: Datum | None = None

    def share(self, system: System, *, every: bool = False) -> float:
        points = self.every if every else self.tried
        return float(self.place.inside(*to_lonlat(system, points[:, 0], points[:, 1])).mean()) if len(points) else 1.0

    def tried_as(self, system: System, *, every: bool = False) -> Alternative:
        return Alternative(system, label(system), self.share(system, every=every))

    def scored(self, alternative: Alternative) -> Alternative:
        if self.score is None:
            return alternative
        points = np.column_stack(to_lonlat(alternative.system, self.tried[:, 0], self.tried[:, 1]))
        return replace(alternative, score=float(self.score(points)))


def _declared(crs: str | None, datum: str | None, file_crs: str | None) -> System | None:
    """What the steward's TOML says, completed by the file."""
    if crs is None and datum is None:
        return None
    plain = (datum or "wgs84").lower().replace("-", "").replace("_", "")
    known: dict[str, Datum] = {"wgs84": "wgs84", "cgcs2000": "wgs84", "gcj02": "gcj02", "bd09": "bd09", "local": "local"}
    if plain not in known:
        raise SourceError(
            f"The datum {datum!r} is unknown.", remedy="Give wgs84, cgcs2000, gcj02, bd09 or local.",
            zh=f"未知的 datum：{datum!r}。", zh_remedy="可填 wgs84、cgcs2000、gcj02、bd09 或 local。",
        )  # fmt: skip
    local = bool(crs and crs.startswith("local:"))
    system = System(crs or file_crs or LONLAT, "local" if local else known[plain])
    if system.datum == "local" and (crs is None):
        raise SourceError(
            "A local system was declared without parameters.", remedy='Give crs = "local:lon_0=…" or control_points = […].',
            zh="声明了地方坐标系，但没有给出参数。", zh_remedy='请填 crs = "local:lon_0=…" 或 control_points = […]。',
        )  # fmt: skip
    if not system.crs.startswith("local:"):
        crs_of(system.crs)
    return system


def _as_declared(judge: _Judge, declared: System, file_crs: str | None, town_crs: str) -> DatumDecision:
    """The declared system stands, or its axis swap; when neither fits, the declared one with what would."""
    said = Evidence(f"declared as {label(declared)}", f"声明为 {chinese(label(declared))}")
    chosen = judge.tried_as(declared, every=True)
    if chosen.inside_share >= MINIMUM:
        return _decided(judge, chosen, (said,), ())
    turned = judge.tried_as(replace(declared, swapped=True), every=True)
    if turned.inside_share >= MINIMUM:
        return _decided(judge, turned, (said, _SWAPPED), (chosen,))
    others = sorted((judge.tried_as(system) for system, _ in _candidates(judge, file_crs, town_crs)), key=lambda a: -a.inside_share)
    return _decided(judge, chosen, (said,), tuple(a for a in others if a.inside_share > chosen.inside_share)[:5])


_SWAPPED = Evidence("the axes are swapped: north comes before east", "坐标轴互换：先北后东")


def _found(judge: _Judge, file_crs: str | None, town_crs: str) -> DatumDecision:
    """The best candidate: what the file says when it fits, else the most ordinary system that fits."""
    tried = [(judge.tried_as(system), tier) for system, tier in _candidates(judge, file_crs, town_crs)]
    fitting = [(alternative, tier) for alternative, tier in tried if alternative.inside_share >= MINIMUM]
    if fitting:
        base = min(fitting, key=lambda item: (item[1], -item[0].inside_share))[0]
    else:
        base = max(tried, key=lambda item: (item[0].inside_share, -item[1]))[0]
    chosen, told, sure = _unshifted_or_shifted(judge, base)
    rival = next((a for a, _ in fitting if _elsewhere(judge, a, chosen)), None)
    if rival is not None and not file_crs and not is_degrees(chosen.system.crs):
        sure = False
        told = [*told, Evidence(f"it could also be {rival.label}: declare crs if it is", f"也可能是 {rival.label_zh}：如是请声明 crs")]
    evidence = [*_about_file(judge, chosen, file_crs), *([_SWAPPED] if chosen.system.swapped else []), *told]
    rivals = sorted((a for a, _ in tried if a.system != chosen.system and a.inside_share > 0), key=lambda a: -a.inside_share)
    return replace(_decided(judge, chosen, tuple(evidence), tuple(rivals[:5])), sure=sure)


def _elsewhere(judge: _Judge, one: Alternative, other: Alternative) -> bool:
    """Whether two systems put the points more than some 20 m apart (two zone widths share a meridian: no difference)."""
    points = judge.tried[:50]
    first, second = (np.column_stack(to_lonlat(a.system, points[:, 0], points[:, 1])) for a in (one, other))
    finite = np.isfinite(first) & np.isfinite(second)
    return bool(np.max(np.abs(np.where(finite, first, 0.0) - np.where(finite, second, 0.0)), initial=0.0) > 0.0002)


def _about_file(judge: _Judge, chosen: Alternative, file_crs: str | None) -> Iterator[Evidence]:
    if not file_crs:
        yield Evidence("the file names no coordinate system", "文件未标明坐标系")
    elif chosen.system.crs == file_crs:
        yield Evidence(f"the file says {crs_label(file_crs)}", f"文件标明 {chinese(crs_label(file_crs))}")
    else:
        share = _percent(judge.share(System(file_crs)))
        yield Evidence(
            f"the file says {crs_label(file_crs)}, which puts only {share} inside: overruled",
            f"文件标明 {chinese(crs_label(file_crs))}，仅 {share} 落在范围内，不予采用",
        )


def _candidates(judge: _Judge, file_crs: str | None, town_crs: str) -> Iterator[tuple[System, int]]:
    """(system, tier) worth trying on these numbers; a lower tier is the more ordinary explanation."""
    seen: set[tuple[str, str, bool]] = set()
    ordered = [(System(file_crs), 0)] if file_crs else []
    degrees = bool(np.median(np.abs(judge.tried).max(axis=1)) <= 180)
    ordered += _degree_systems(judge, file_crs) if degrees else _plane_systems(judge, town_crs)
    ordered += [(replace(system, swapped=True), tier + 4) for system, tier in ordered if not system.swapped]
    for system, tier in ordered:
        key = (system.crs, system.datum, system.swapped)
        if key not in seen:
            seen.add(key)
            yield system, tier


def _degree_systems(judge: _Judge, file_crs: str | None) -> list[tuple[System, int]]:
    """Plain degrees, and in China those of map apps."""
    own = file_crs if file_crs and is_degrees(file_crs) else LONLAT
    lat, lon = np.sort(np.median(judge.tried, axis=0))  # the larger one is the longitude there, whatever the order
    shifted = CHINA[0] < lon < CHINA[2] and CHINA[1] < lat < CHINA[3]
    return [(System(LONLAT), 1), *([(System(own, "gcj02"), 3), (System(own, "bd09"), 3)] if shifted else [])]


def _plane_systems(judge: _Judge, town_crs: str) -> list[tuple[System, int]]:
    """The town's own plane, CGCS2000 zones near the town, Web Mercator."""
    found = [] if is_degrees(town_crs) else [(System(town_crs), 1)]
    lon, _ = judge.place.centre
    largest = float(np.median(np.abs(judge.tried).max(axis=1)))
    if largest >= 12_000_000:  # a zone number of 13 to 45 stands before the easting
        near = [zone for zone in zones() if zone.prefixed and zone.number == largest // 1_000_000]
    else:
        near = [zone for zone in zones() if not zone.prefixed and abs(zone.meridian - lon) <= 6]
    return [*found, *((System(f"EPSG:{zone.epsg}"), 2 if zone.prefixed else 3) for zone in near), (System("EPSG:3857"), 2)]


def _unshifted_or_shifted(judge: _Judge, base: Alternative) -> tuple[Alternative, list[Evidence], bool]:
    """`base`, or one of its map-app shifts when the outline or known things say so clearly; whether that is sure."""
    if not is_degrees(base.system.crs) or not _in_china(judge, base):
        return base, [], True
    systems = [replace(base.system, datum=datum) for datum in ("wgs84", "gcj02", "bd09")]
    variants = [judge.scored(judge.tried_as(system, every=True)) for system in systems]
    unshifted = variants[0]
    if judge.score is not None:
        best = max(variants, key=lambda v: v.score or 0.0)
        second = sorted((v.score or 0.0 for v in variants), reverse=True)[1]
        if (best.score or 0.0) >= max(second + 0.1, 1.3 * second):
            return best, [_fits(variants, best)], True
    named = next((v for v in variants if v.system.datum == judge.header), None)
    best = max(variants, key=lambda v: v.inside_share)
    if named is not None and named.inside_share >= max(MINIMUM, best.inside_share - CLEAR):
        return named, [Evidence(f"the headers say {named.label}", f"表头标明 {named.label_zh}")], True
    if not judge.place.known:
        return unshifted, [_UNTESTED], False
    fails = unshifted.inside_share < MINIMUM  # a shift is not needed otherwise: then it takes more of more points to believe in one
    enough = best.inside_share >= MINIMUM if fails else best.inside_share >= _NEARLY_ALL and len(judge.every) >= _MANY
    if enough and best.inside_share - unshifted.inside_share >= CLEAR:
        second = sorted((v.inside_share for v in variants), reverse=True)[1]
        return best, [], best.inside_share - second >= CLEAR
    rivals = [v for v in variants[1:] if v.inside_share > unshifted.inside_share - CLEAR]
    return unshifted, [_too_close(rivals)] if rivals else [], not rivals


_UNTESTED = Evidence(
    "without the town's outline WGS84 and the shifted GCJ-02 and BD-09 cannot be told apart: taken as unshifted",
    "尚无镇域边界，无法区分 WGS84 与 GCJ-02、BD-09，按未偏移处理",
)


def _in_china(judge: _Judge, base: Alternative) -> bool:
    lon, lat = to_lonlat(replace(base.system, datum="wgs84"), judge.tried[:100, 0], judge.tried[:100, 1])
    west, south, east, north = CHINA
    return bool(np.mean((lon > west) & (lon < east) & (lat > south) & (lat < north)) > 0.5)


def _fits(variants: list[Alternative], best: Alternative) -> Evidence:
    shares = ", ".join(f"{_percent(v.score or 0.0)} as {v.label}" for v in sorted(variants, key=lambda v: -(v.score or 0.0)))
    return Evidence(f"points that fit known things: {shares}", f"与已知要素吻合的点：{chinese(shares)}")


def _too_close(rivals: list[Alternative]) -> Evidence:
    shares = ", ".join(f"{_percent(v.inside_share)} as {v.label}" for v in rivals)
    return Evidence(
        f'the outline alone does not exclude a map-app shift ({shares}): declare datum = "gcj02" or "bd09" if it is one',
        f"仅凭边界不能排除地图偏移（{chinese(shares)}）：如有偏移请声明 datum",
    )


def _fitted(judge: _Judge, control_points: Sequence[tuple[float, float, float, float]], town_crs: str) -> DatumDecision:
    """A local system by its control points, fitted to the town's plane."""
    if is_degrees(town_crs):
        raise SourceError(
            "Control points need a town CRS in metres.", remedy="Give the town a projected crs, such as EPSG:4549.",
            zh="使用控制点时，本镇坐标系须以米为单位。", zh_remedy="请将 [town] 的 crs 设为投影坐标系，如 EPSG:4549。",
        )  # fmt: skip
    targets = Transform(System(LONLAT), town_crs).town([p[2] for p in control_points], [p[3] for p in control_points])
    fit = fit_similarity([(p[0], p[1]) for p in control_points], list(zip(targets[0].tolist(), targets[1].tolist(), strict=True)))
    residuals = ", ".join(f"{residual:.2f}" for residual in fit.residuals_m)
    if fit.rms_m > 20 or not 0.9 < fit.scale < 1.1:
        raise SourceError(
            f"The {len(control_points)} control points do not fit together: residuals {residuals} m, scale {fit.scale:.4f}.",
            remedy="Check that each one is (x, y, lon, lat) and that lon/lat are not in GCJ-02.",
            zh=f"{len(control_points)} 个控制点互不相符：残差 {residuals} 米，比例 {fit.scale:.4f}。",
            zh_remedy="请核对每个点是否为 (x, y, 经度, 纬度)，且经纬度不是 GCJ-02。",
        )
    said = Evidence(
        f"{len(control_points)} control points fit with residuals {residuals} m", f"{len(control_points)} 个控制点拟合残差为 {residuals} 米"
    )
    system = System(town_crs, "local", fit.swapped, fit)
    return _decided(judge, judge.tried_as(system, every=True), (said,), ())


def _decided(judge: _Judge, chosen: Alternative, evidence: tuple[str, ...], rivals: tuple[Alternative, ...]) -> DatumDecision:
    share = judge.share(chosen.system, every=True)
    shown = [rival for rival in rivals if rival.inside_share > 0][:2]
    others = "".join(f"; {_percent(rival.inside_share)} as {rival.label}" for rival in shown)
    others_zh = "".join(f"；按 {rival.label_zh} 为 {_percent(rival.inside_share)}" for rival in shown)
    where, where_zh = (
        ("inside the town", "镇域内") if judge.place.known else ("inside the area of use of the town's system", "本镇坐标系适用范围内")
    )
    count = f"{len(judge.every):,}".replace(",", " ")
    fall = Evidence(
        f"{_percent(share)} of {count} points fall {where} as {chosen.label}{others}",
        f"按 {chosen.label_zh}，{count} 个点中 {_percent(share)} 落在{where_zh}{others_zh}",
    )
    system = chosen.system
    return DatumDecision(
        system.crs, system.datum, system.swapped, share, (*evidence, fall), rivals, system, chosen.label, len(judge.every)
    )  # fmt: skip


def _percent(share: float) -> str:
    """A share with one decimal; never rounded up to 100 %."""
    return f"{np.floor(share * 1000) / 10:.1f} %"

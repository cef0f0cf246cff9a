"""What people say and write about incidents of the demonstration town. All names and numbers are made up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_SURNAMES = "陆顾张王沈朱黄陈徐金钱龚唐姚乔瞿杨李谈钟费"
_SAID: Mapping[str, tuple[str, ...]] = {
    "patrol": ("{where}巡查发现{what}。", "{where}发现{what}，已拍照。", "日常巡查：{where}存在{what}。"),
    "camera": ("{where}监控识别到{what}。",),
    "hotline": ("市民来电反映{where}{what}，希望尽快处理。", "来电人称{where}{what}已有数日，影响出行。", "市民反映{where}{what}。"),
    "public": ("{where}有{what}，麻烦处理一下。", "随手拍：{where}{what}。"),
    "iot": ("{where}传感器报警：{what}。",),
    "inspection": ("联合检查发现{where}{what}，限期整改。",),
}
_OTHER = ("{where}{what}，转请核处。",)
_DONE = ("已清理完毕。", "已现场处置，恢复原状。", "已劝离并告知。", "已修复。", "已整改到位。")
_NAMES = {
    "acceptor": "演示·受理员", "shift_leader": "演示·值班长", "dispatcher": "演示·派遣员", "unit": "演示·处置员",
    "grid_member": "演示·网格员", "leader": "演示·镇领导", "feed": "演示·接入", "public": "演示·市民",
}  # fmt: skip


def said(source: str, where: str, what: str, rng: np.random.Generator) -> str:
    """A report's description."""
    forms = _SAID.get(source, _OTHER)
    return forms[int(rng.integers(len(forms)))].format(where=where, what=what)


def caller(rng: np.random.Generator) -> tuple[str, str]:
    """Name and phone of somebody who does not exist; the numbers are of a range that is not given out."""
    name = _SURNAMES[int(rng.integers(len(_SURNAMES)))] + ("先生" if rng.random() < 0.5 else "女士")
    return name, f"1640{int(rng.integers(10_000_000)):07d}"


def done(pick: float) -> str:
    """What a unit notes when it has handled a case."""
    return _DONE[int(pick * len(_DONE))]


def actor_name(duty: str) -> str:
    """Who the log says did it; nobody is to take it for a person."""
    return _NAMES.get(duty, "演示")

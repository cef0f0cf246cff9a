"""What the page of figures says, Chinese and English side by side; both text tables take it in. Names and formulas of figures are declared
with them (`incidents/core/kpi_declared.py`)."""

from __future__ import annotations

from collections.abc import Mapping

ASSESS: Mapping[str, tuple[str, str]] = {
    "assess.title": ("考核指标", "Figures and scorecard"),
    "assess.skip": ("跳到指标", "Skip to the figures"),
    "assess.period": ("时段", "Period"),
    "assess.period.today": ("今日", "Today"),
    "assess.period.week": ("本周", "Week"),
    "assess.period.month": ("本月", "Month"),
    "assess.period.quarter": ("本季度", "Quarter"),
    "assess.period.year": ("本年", "Year"),
    "assess.period.assessment": ("考核月", "Assessment month"),
    "assess.from_to": ("{first} 至 {last}", "{first} to {last}"),
    "assess.of": ("比较", "Compare"),
    "assess.of.unit": ("处置单位", "Units"),
    "assess.of.area": ("村居", "Villages"),
    "assess.none": ("尚未接入事件日志", "No log of incidents here"),
    "assess.figures": ("各项指标是多少？", "What are the figures?"),
    "assess.figures.note": ("点数值看名单，公式写在旁边；分母为 0 记为“—”", "A value opens its list; nothing to divide by is “—”"),
    "assess.figure": ("指标", "Figure"),
    "assess.value": ("数值", "Value"),
    "assess.parts": ("分子 ÷ 分母", "Numerator ÷ denominator"),
    "assess.formula": ("公式", "Formula"),
    "assess.hours": ("{n} 小时", "{n} h"),
    "assess.card": ("成绩是怎么来的？", "How are the results made?"),
    "assess.card.note": (
        "按期率旁边列出可能美化它的做法；不足 20 件的排在后面",
        "Beside each rate, what a rate can be made with; under 20 cases come last",
    ),
    "assess.card.none": ("该时段没有到期或处置的案件", "No case was due or handled in this period"),
    "assess.on_time": ("按期结案率", "Closed on time"),
    "assess.bunch": ("压线办结", "Just before the limit"),
    "assess.bunch.expected": ("平滑走势应为 {n}", "a smooth course gives {n}"),
    "assess.bunch.suspicious": ("明显偏多", "clearly too many"),
    "assess.again": ("重开或再发", "Open again"),
    "assess.return": ("回退", "Returned"),
    "assess.lengthened": ("改类延时", "Type changed for time"),
    "assess.extended": ("延期", "Extended"),
    "assess.rework": ("返工", "Reworked"),
    "assess.score": ("得分", "Score"),
    "assess.score.parts": (
        "工作量 {volume} + 结案 {close} + 按期 {on_time} + 返工 {rework}",
        "volume {volume} + closing {close} + on time {on_time} + rework {rework}",
    ),
    "assess.few": ("案件少", "few cases"),
    "assess.cameras": ("各摄像机识别得准吗？", "How right is each camera?"),
    "assess.camera": ("摄像机", "Camera"),
}

"""Facilities: devices by their state, service stations by whether they are open (domain section 3.2, rows Device and Service station)."""

from layers.core.spec import Layer, Rule, Theme, classes_of

_FULL = "o.kind = 'station' AND o.state IN ('open', 'working') AND len(o.functions) >= 3 AND o.opening_hours IS NOT NULL"

LAYER = Layer(
    name="facilities", table="facility", zh="设施", en="Facilities", icon="device", order=50, geometry="point", zoom=(0, 22),
    unit_zh="个", unit_en="facilities", label="name", freshness_days=180, checked="o.verified_on",
    rules=(
        Rule(1, "alarming", "o.state = 'alarming'", "正在报警", "Alarming", "到场核实并解除报警", "Go and see, then clear the alarm"),
        Rule(1, "closed", "o.state = 'closed'", "今日未开放且未报备", "Closed today without report", "开放驿站或报备", "Open the station or report why not"),
        # A delivery knows the day, not the hour: from the second day on it is certainly more than 24 hours.
        Rule(2, "offline_day", "o.state = 'offline' AND $as_of - o.state_since >= 2", "离线超过24小时", "Offline for over 24 hours", "检修恢复在线", "Repair it",
             flips="CASE WHEN o.state = 'offline' THEN o.state_since + 2 END"),
        Rule(2, "open_late", "o.state = 'open_late'", "迟开", "Opened late", "按时开放", "Open on time"),
        Rule(3, "offline", "o.state = 'offline'", "离线", "Offline", "检修恢复在线", "Repair it"),
        Rule(3, "short_service", "o.state = 'short_service'", "服务项目缺项", "A service is missing", "补齐服务项目", "Offer the missing service"),
        Rule(0, "not_installed", "o.state = 'not_installed'", "未安装", "Not installed", "完成安装", "Install it"),
        Rule(5, "full_service", _FULL, "开放且服务齐全", "Open with full services"),
        Rule(4, "open", "o.state = 'open' OR o.kind = 'station' AND o.state = 'working'", "开放", "Open", "服务项目齐全并公示时间", "Offer all services and post the hours"),
        Rule(4, "idle", "o.state = 'idle'", "在线空闲", "Online and idle"),
        Rule(5, "working", "o.state = 'working'", "在线工作", "Online and working"),
    ),
    themes=(
        Theme("kind", "设施类型", "Kind", "o.kind", classes_of("facility_kind", {
            "camera": "#4FC3F7", "gate": "#9575CD", "barrier": "#D2A679", "recorder": "#4DB6AC", "station": "#F06292", "smoke_alarm": "#D9A0B4",
            "hydrant": "#B0408F", "parking": "#4A5DB0", "tree": "#8A8A2E", "other": "#BDB6AB"})),
    ),
    tooltip=("name", "kind", "state"),
    card=("name", "kind", "state", "state_since", "functions", "opening_hours", "chief", "chief_phone", "verified_on", "source", "delivered_at"),
)  # fmt: skip

"""Water, roads, rail and green, drawn under everything so that no outside basemap is needed. No rules."""

from layers.core.spec import Layer, Theme, classes_of

LAYER = Layer(
    name="backdrop", table="backdrop", zh="底图", en="Backdrop", icon="map", order=0, geometry="any", rollup=False, label="name",
    unit_zh="个要素", unit_en="features",
    themes=(
        Theme("kind", "要素类型", "Kind", "o.kind", classes_of("backdrop_kind", {
            "water": "#8FC1E3", "waterway": "#8FC1E3", "road": "#B9BEC8", "rail": "#A79FB5", "green": "#A9CFA0"})),
    ),
    default_theme="kind",
    tooltip=("name", "kind"),
    card=("name", "kind", "rank", "width_m", "source", "delivered_at"),
)  # fmt: skip

"""Planning zones and control lines: a nominal layer, nothing to judge."""

from layers.core.spec import Layer, Theme

LAYER = Layer(
    name="zones", table="zone", zh="管控区", en="Planning zones", icon="zone", order=14, geometry="polygon", unit_zh="片", unit_en="zones", label="name",
    themes=(
        Theme("class", "管控类型", "Class", "coalesce(o.class_code, o.class_name)", open=True, label="coalesce(o.class_name, o.class_code)", top=120),
    ),
    default_theme="class",
    tooltip=("class_name", "name"),
    card=("class_name", "class_code", "name", "verified_on", "source", "delivered_at"),
)  # fmt: skip

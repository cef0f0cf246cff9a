"""Cadastral lots: a nominal layer, nothing to judge."""

from layers.core.spec import Layer, Theme

LAYER = Layer(
    name="lots", table="lot", zh="宗地", en="Lots", icon="lot", order=16, geometry="polygon", zoom=(0, 22), unit_zh="宗", unit_en="lots",
    themes=(
        Theme("use", "用途", "Use", "coalesce(o.use_code, o.use_name)", open=True, label="coalesce(o.use_name, o.use_code)", top=60),
    ),
    default_theme="use",
    tooltip=("lot_id", "use_name"),
    card=("address", "use_name", "use_code", "area_m2", "right_type", "verified_on", "source", "delivered_at"),
)  # fmt: skip

"""Areas of one parent side by side: what a leader asks when two villages are compared."""

from __future__ import annotations

from data.policy import Viewer
from layers.core.query_places import children, layer_list, levels_of
from layers.core.query_store import Row, Store

COMPOSITE = "areas"  # the layer whose receipts and scores are those of areas


def compare(store: Store, viewer: Viewer, area_code: str, codes: tuple[str, ...]) -> list[Row]:
    """The areas among `codes` that lie one level below `area_code`, worst first, each as in `children` and with

    `layers`: for every judged layer `{layer, zh, en, levels: {level: n}}`; `parts`: value 0 to 100 of each part of the composite (NULL: no data).
    A code that is no child is left out: an old link still opens.
    """
    found = [row for row in children(store, viewer, area_code) if row["code"] in codes]
    layers = [layer for layer in layer_list(store) if layer["levels"] and layer["table"] != "area"] if found else []
    levels = levels_of(store, viewer, [layer["name"] for layer in layers], area_code, [row["code"] for row in found]) if layers else {}
    parts = _parts(store, [row["code"] for row in found])
    return [
        row
        | {
            "layers": [
                {"layer": one["name"], "zh": one["zh"], "en": one["en"], "levels": levels[one["name"]][row["code"]]} for one in layers
            ]
        }
        | {"parts": parts[row["code"]]}
        for row in sorted(found, key=_worst_first)
    ]


def _worst_first(row: Row) -> tuple[float, float, int, str]:
    """By the composite's colour, grey before green, then by its score, then by the number of reds."""
    level = 4.5 if row["level"] == 0 else row["level"]
    return (9 if level is None else level, 101 if row["score"] is None else row["score"], -row["reds"], row["code"])


def _parts(store: Store, codes: list[str]) -> dict[str, list[Row]]:
    declared = next((layer.parts for layer in store.layers if layer.name == COMPOSITE), ())
    rows = store.rows(
        "SELECT object_id, part, value FROM score WHERE layer = $layer AND list_contains($codes, object_id)", layer=COMPOSITE, codes=codes
    )
    values = {(row["object_id"], row["part"]): row["value"] for row in rows}
    return {
        code: [{"part": part.name, "zh": part.zh, "en": part.en, "value": values.get((code, part.name))} for part in declared]
        for code in codes
    }

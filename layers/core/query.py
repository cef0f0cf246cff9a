"""Every question that the screen asks, in one place to import from. Functions take a `Store` and a `Viewer` and return plain values.

Whatever concerns a person has passed `data.policy`: hidden counts are `Suppressed` values that render as text. No answer ever holds a
`person_id` or an unmasked ID number.
"""

from data.policy import MASKED, Suppressed, Viewer
from layers.core.freshness import freshness
from layers.core.query_cards import card, event_names, object_by_ordinal, residents, tooltip
from layers.core.query_compare import compare
from layers.core.query_places import (
    area_names,
    box_below,
    breadcrumb,
    child_levels,
    children,
    headline,
    layer_list,
    legend,
    listing,
    reds_by_layer,
)
from layers.core.query_reports import contradictions, datasets, fault_counts, faults
from layers.core.query_search import search
from layers.core.query_store import Store, root_of, today_of, town
from layers.core.query_wall import trend

__all__ = [
    "MASKED", "Store", "Suppressed", "Viewer", "area_names", "box_below", "breadcrumb", "card", "child_levels", "children", "compare", "contradictions", "datasets", "event_names", "fault_counts",
    "faults", "freshness", "headline", "layer_list", "legend", "listing", "object_by_ordinal", "reds_by_layer", "residents", "root_of", "search", "today_of", "tooltip", "town", "trend",
]  # fmt: skip

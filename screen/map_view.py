"""The map as a Dash component: what it draws is told in properties, and what happens on it comes back in the same ones."""

from __future__ import annotations

from typing import Any

from dash.development.base_component import Component

PROPERTIES = ("id", "target", "manifest", "layers", "theme", "filter", "selected", "as_of", "n_features_in_view", "count")


class MapView(Component):
    """Between Dash callbacks and the canvas map of `assets/map` on the Leaflet map whose id is `target`. Drawn nowhere: it has no element.

    Properties are small values and addresses; geometry and colours go from the server to the map alone (docs/pack.md section 7). Each is an
    input and an output. One that was never given is left to whoever else draws on the map, and still tells what is so.

    layers: what is drawn, `[{"name": "houses", "theme": "building_use", "opacity": 0.8}]`, all but the name optional; None: all.
    theme: for the layers that name none, a nominal theme or "level".
    filter: `{"levels": [1, 2], "classes": None}`: these levels, these classes of the theme alone; None for all.
    selected: `{"layer": "houses", "ordinal": 17}` (or a "tileset" for the layer), or None. On a map that this component has put up, a click
    sets it.
    as_of: the day of the colours, ISO 8601, one of those that the pack has kept; None for today's.
    n_features_in_view: told only: features that are drawn and lie in the view, by layer. count: False where nobody asks for it.
    manifest: address of a pack; the component then puts the map up by itself, and another address shows another snapshot. Without one it
    joins the map that the page puts up.
    """

    _namespace = "onescreen_maps"
    _type = "MapView"

    def __init__(self, target: str, **given: Any) -> None:
        """Raises TypeError for a property that is not among the above."""
        unknown = sorted({*given} - {*PROPERTIES})
        if unknown:
            raise TypeError(f"MapView has no property {', '.join(unknown)}; it has {', '.join(PROPERTIES)}.")
        self._prop_names = self.available_properties = list(PROPERTIES)
        self.available_wildcard_properties: list[str] = []
        self._valid_wildcard_attributes: list[str] = []
        super().__init__(target=target, **given)

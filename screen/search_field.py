"""A field that tells what has been typed once the hand rests. Dash's own puts the cursor back while one types on, and swaps characters."""

from __future__ import annotations

from dash.development.base_component import Component


class SearchField(Component):
    """A text field for a search; `value` is what has been typed, a quarter of a second after the last character.

    Drawn by `assets/app/search.js`. The page cannot write into it: Escape, and following an answer, empty it.
    """

    _namespace = "onescreen_fields"
    _type = "SearchField"

    def __init__(self, id: str, placeholder: str, value: str = "") -> None:
        self._prop_names = self.available_properties = ["id", "placeholder", "value"]
        self.available_wildcard_properties: list[str] = []
        self._valid_wildcard_attributes: list[str] = []
        super().__init__(id=id, placeholder=placeholder, value=value)

"""Elements go to the browser as they are; Dash components among them become holes that the browser fills."""

import json

import pytest
from dash import dcc

from screen import html
from screen.drawn import slot, whole


def test_an_element_is_its_own_json() -> None:
    made = html.Div([html.B("3"), "处", None], className="key", **{"aria-label": "3 处", "data-level": None})
    assert json.loads(json.dumps(made)) == {
        "tag": "div",
        "className": "key",
        "aria-label": "3 处",
        "children": [{"tag": "b", "children": "3"}, "处", None],
    }


def test_an_attribute_that_is_misspelt_is_refused_by_its_name() -> None:
    with pytest.raises(TypeError, match="<div> has no attribute 'classname'"):
        html.Div("", classname="key")


def test_a_page_gives_the_components_of_dash_in_the_order_of_their_holes() -> None:
    first, second = dcc.Store(id="first"), dcc.Store(id="second")
    drawn = whole(html.Main([html.P("text"), first, html.Div([None, [second]])]))
    assert drawn.children == [first, second]
    inner = {"tag": "div", "children": [None, [{"hole": 1}]]}
    assert drawn.content == {"tag": "main", "children": [{"tag": "p", "children": "text"}, {"hole": 0}, inner]}


def test_a_slot_keeps_its_own_attributes_apart_from_what_is_renewed_in_it() -> None:
    made = slot("list", html.Div(["one", "two"], className="slot", role="region"))
    assert made.id == "list" and made.content == ["one", "two"]
    assert made.frame == {"tag": "div", "className": "slot", "role": "region"}


def test_what_is_written_before_any_script_runs_says_what_it_is_given_and_nothing_else() -> None:
    made = html.Div([html.H1("<b> & 镇"), None, 3, [html.Button("", disabled=False, hidden=True)]], className='a"b', tabIndex="0")
    inside = '<h1>&lt;b&gt; &amp; 镇</h1>3<button hidden="True"></button>'
    assert html.written(made) == f'<div class="a&quot;b" tabindex="0">{inside}</div>'

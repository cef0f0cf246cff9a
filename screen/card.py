"""The card of one object: its colour, why, what would turn it green, whose it is, by when, where, and from which source."""

from __future__ import annotations

from datetime import date
from typing import Any

from data.policy import Suppressed
from layers.core.freshness import State
from screen import html
from screen.components import button, call_link, facts, icon, level_tag, link, mark, panel, tag
from screen.figures import age, area, day, figure, plain, said
from screen.freshness import mark as fresh_mark
from screen.html import Element, Node
from screen.text import Words
from screen.view import View

Row = dict[str, Any]


WORSE_THAN_ROUTINE = (1, 2, 3)
BUILT = {"floor_area_m2", "footprint_m2", "living_area_m2"}  # of houses and rooms; mu are for land and forest


def card(found: Row, view: View, words: Words, fresh: State | None = None) -> Node:
    """The card as a panel with its way out. `found` is the answer of `query.card`, `fresh` the state of the dataset that it is from."""
    close = link(icon("close"), view.with_(object="").href(), kind="button bare", label=words("card.close"))
    locate = button(icon("pin"), "locate", label=words("card.locate"), kind="bare") if found["box"][0] is not None else None
    body = [
        _head(found, words), _why(found, words), _cases(found["cases"], words), _who(found["in_charge"], words),
        _others(found["receipts"][1:], view, words), _facts(found, words), _parts(found["parts"], words), _path(found, view, words),
        _receipt(found["receipt"], words),
    ]  # fmt: skip
    title = [str(found["title"]), html.Small(words.pick(found["kind_zh"], found["kind_en"]))]
    shown = panel(
        title,
        html.Div([part for part in body if part], className="card"),
        kind="panel-card",
        actions=html.Span([locate, close], className="card-actions"),
        source=source(found, words),
        age=html.Span(fresh_mark(fresh, words), className="fresh-line") if fresh else None,
        fresh=fresh or "",
        label=words("card"),
    )
    return shown | {"data-object": f"{found['table']}:{found['key']}", "tabIndex": "-1"}


def source(found: Row, words: Words) -> str:
    """The table that the row is from, by its name, and how long ago somebody confirmed the row."""
    told = found["source"]
    key = "card.verified" if told["verified_on"] else "card.delivered"
    when = words(key, age=age(told["age_days"], words))
    return words("source", what=" · ".join((words.pick(found["kind_zh"], found["kind_en"]), when)))


def _head(found: Row, words: Words) -> Node:
    receipt = found["receipt"]
    if not receipt:
        return None
    tagged = [level_tag(receipt["level"], words), html.Span(words(f"meaning.{receipt['level']}"), className="card-meaning")]
    judged_by = html.Span(words.of(receipt), className="card-layer") if len(found["receipts"]) > 1 else None
    return html.Div([*tagged, judged_by], className="card-level")


def _section(title: str, children: Node) -> Element:
    return html.Section([html.H3(title), children])


def _why(found: Row, words: Words) -> Node:
    receipt = found["receipt"]
    if not receipt:
        return None
    name = words(f"level.{receipt['level']}").lower()
    why = _section(
        words("card.why", level=name), html.Ul([_set_by_hand(receipt, words), *_reasons(receipt, words)], className="why", id="card-why")
    )
    remedies = _remedies(receipt, words)
    remedy = _section(words("card.remedy"), html.Ul(remedies, className="why remedies", id="card-remedy")) if remedies else None
    return html.Div([why, remedy], className="card-why")


def _set_by_hand(receipt: Row, words: Words) -> Node:
    """Who set the level by hand, until when and why; the rules' own reasons follow."""
    if not receipt["override_by"]:
        return None
    until = day(date.fromisoformat(receipt["override_until"][:10]), words)
    told = words("card.override", who=receipt["override_by"], until=until, why=receipt.get("override_why") or words("none"))
    return html.Li([mark(receipt["level"]), html.P(told)], className="by-hand")


def _reasons(receipt: Row, words: Words) -> list[Node]:
    # What speaks for the object is no answer to "why is it red"; of a level set by hand all that the rules say is told.
    bad = receipt["level"] in WORSE_THAN_ROUTINE and not receipt["override_by"]
    told = [reason for reason in receipt["reasons"] if not bad or reason["level"] in WORSE_THAN_ROUTINE]
    return [html.Li(_reason(reason, words)) for reason in told] or [html.Li(words("card.no_reason"))]


def _remedies(receipt: Row, words: Words) -> list[Node]:
    texts = dict.fromkeys(_remedy(one, words) for one in receipt["remedies"])
    return [html.Li([icon("tick"), html.P(text)]) for text in texts if text]


def _others(receipts: list[Row], view: View, words: Words) -> Node:
    """What the other layers say of the object: a line each, which opens to its reasons and leads to that layer."""
    return _section(words("card.others"), html.Div([_other(one, view, words) for one in receipts])) if receipts else None


def _other(receipt: Row, view: View, words: Words) -> Node:
    look = link(
        words("card.look", layer=words.of(receipt)), view.with_(layer=receipt["layer"], theme="", level=None).href(), kind="card-look"
    )
    told = html.Ul([_set_by_hand(receipt, words), *_reasons(receipt, words), *_remedies(receipt, words)], className="why")
    line = html.Summary([level_tag(receipt["level"], words), html.Span(words.of(receipt))], className="card-other")
    return html.Details([line, told, look], **{"data-layer": receipt["layer"]})


def _reason(reason: Row, words: Words) -> Node:
    return [mark(reason["level"]) if reason["level"] is not None else html.Span(), html.P(words.of(reason))]


def _remedy(reason: Row, words: Words) -> str:
    return words.pick(reason["remedy_zh"], reason["remedy_en"])


def _cases(cases: list[Row], words: Words) -> Node:
    return _section(words("card.case"), html.Ul([html.Li(_case(case, words)) for case in cases], className="cases")) if cases else None


def _case(case: Row, words: Words) -> Node:
    late = tag(words("card.case.overdue", days=case["late_days"]), "tag-late") if case["late_days"] else None
    due = html.Span(words("card.case.due", date=day(date.fromisoformat(case["due_on"]), words))) if case["due_on"] else None
    head = html.Div([html.Strong(words.pick(case["event_zh"], case["event_en"]) or case["case_id"]), due, late], className="card-case")
    who = _person(case["responsible"], case["responsible_phone"], words) if case["responsible"] else None
    return [head, who, html.P(words("card.case.check"), className="card-note")]


def _who(chief: Row | None, words: Words) -> Node:
    return _section(words.of(chief), _person(chief["name"], chief["phone"], words)) if chief else None


def _person(name: str, phone: str | None, words: Words) -> Node:
    """A name and a phone that calls when tapped; a masked number cannot be called and says so."""
    call = None
    if phone:
        call = tag(f"{phone} · {words('card.masked_call')}") if "*" in phone else call_link(phone, name, words)
    return html.Div([html.Span(name), call], className="card-who")


def _facts(found: Row, words: Words) -> Node:
    told_elsewhere = {"chief", "chief_phone", "source", "delivered_at", "verified_on"}
    pairs = [
        (words.of(field), _value(field, words))
        for field in found["fields"]
        if field["name"] not in told_elsewhere and field["value"] is not None
    ]
    if found["people"] is not None:
        pairs.insert(0, (words("figures.people"), str(said(found["people"], "人", words))))
    pairs.append((words("card.key"), found["key"]))
    return _section(words("card.facts"), facts(pairs))


def _value(field: Row, words: Words) -> str:
    value, unit = field["value"], field["unit"]
    if isinstance(value, Suppressed):
        return str(said(value, unit, words))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if unit == "m²":
            return str(area(value, words, land=field["name"] not in BUILT))
        return str(figure(value, unit, words)) if unit else f"{value:g}"
    if isinstance(value, str) and len(value) >= 10 and value[4:5] == "-" == value[7:8]:
        return day(date.fromisoformat(value[:10]), words)
    return words.pick(field["text_zh"], field["text_en"])


def _parts(parts: list[Row], words: Words) -> Node:
    """What a composite score is made of, so that nobody has to believe it; a part without data says that the others carry its weight."""
    if not any(part["value"] is not None for part in parts):
        return None
    return _section(words("card.parts"), facts([(_part_name(part, words), _points(part, words)) for part in parts]))


def _part_name(part: Row, words: Words) -> Node:
    return [words.of(part), html.Small(words("card.part.weight", weight=plain(part["weight"])))]


def _points(part: Row, words: Words) -> Node:
    if part["value"] is None:
        return html.Span(words("card.part.none"), className="card-note")
    points = plain(round(part["value"], 1))
    share = words("card.part.points", points=points)
    if not isinstance(part["bad"], Suppressed) and part["n"]:
        share = words("card.part", points=points, bad=plain(round(part["bad"] or 0)), n=plain(round(part["n"])))
    return [html.Span(html.Span(style={"width": f"{part['value']:.0f}%"}), className="meter", **{"aria-hidden": "true"}), share]


def _path(found: Row, view: View, words: Words) -> Node:
    links = [link(words.of(step), view.with_(area=step["code"], object="").href()) for step in found["path"]]
    return _section(words("card.place"), html.Div(links, className="card-path")) if links else None


def _receipt(receipt: Row | None, words: Words) -> Node:
    if not receipt:
        return None
    dates = [(words("card.next_visit"), receipt["next_visit_due"]), (words("card.valid_until"), receipt["valid_until"])]
    pairs: list[tuple[str, Node]] = [(name, day(date.fromisoformat(value[:10]), words)) for name, value in dates if value]
    pairs.append((words("card.rule"), str(receipt["rule_version"])[:12]))
    return _section(words("card.receipt"), facts(pairs))

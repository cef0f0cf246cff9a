"""The panels of /town beside the card: where, three numbers, layers, legend, list. They read through `layers.core.query` alone."""

from __future__ import annotations

from typing import Any

from data.errors import PolicyError
from layers.core import query
from screen import html
from screen.compare import switch, toggled
from screen.components import breadcrumb, empty, icon, key_figure, legend_row, level_bar, link, mark, panel, swatch, tag
from screen.figures import exact, figure, plain, said
from screen.html import Node
from screen.scene import Scene, judges
from screen.text import Words
from screen.view import LEVELS, MOST, PAGE, UNSTATED, View

Row = dict[str, Any]
FEW = 12  # so many classes stay in the order in which they were declared; more are sorted by how many there are


def where(scene: Scene) -> Node:
    """A big way back, and the way down to here."""
    words = scene.words
    names = [(scene.name_of(step), scene.view.with_(area=step["code"], object="", rows=PAGE, compare=()).href()) for step in scene.path]
    if len(names) == 1:
        return None  # the town is the title of the page
    name, href = names[-2]
    back = link([icon("back"), html.Span(words("back"))], href, kind="button back", label=words("back.to", name=name))
    return [back, breadcrumb(names[:-1], names[-1][0], words)]


def trail(found: Row, view: View, words: Words) -> Node:
    """From the area looked at on to the object of a card: what `where` does not say already, and of the town it says nothing."""
    codes = [step["code"] for step in found["path"]]
    if found["table"] == "area" or not codes or (view.area and view.area not in codes):
        return None
    at = codes.index(view.area) if view.area else 0
    below = found["path"][at + 1 if at else 0 :]
    links = [link(words.of(step), view.with_(area=step["code"], object="", rows=PAGE, list="").href(), kind="crumb") for step in below]
    here = html.Span(str(found["title"]), className="crumb crumb-object", **{"aria-current": "true"})
    return html.Nav(html.Ol([html.Li(one) for one in (*links, here)], className="crumbs"), **{"aria-label": words("card")})


def figures(scene: Scene, store: query.Store) -> Node:
    """The leader's three numbers of the area looked at."""
    foot = scene.foot("houses", "people")
    label = scene.words("figures")
    return panel(scene.name, keys(scene, store), kind="panel-figures", actions=_about(scene), **foot, label=label)


def keys(scene: Scene, store: query.Store) -> Node:
    """Reds, people and houses; a tap on the reds lists them."""
    words = scene.words
    found = query.headline(store, scene.screen.viewer, scene.view.area)
    known = bool(found["reds"] or found["oranges"]) or judges(scene, store)
    oranges = words("figures.oranges", n=plain(found["oranges"])) if known else words("figures.unjudged")
    label = [words("figures.reds"), _to_reds(scene, store)] if found["reds"] else words("figures.reds")
    reds = key_figure(label, figure(found["reds"] if known else None, "处", words), oranges, level=1 if known else 0)
    people = _count("figures.people", found["people"] if scene.has("people") else None, "人", words)
    houses = _count("figures.houses", found["houses"] if scene.has("houses") else None, "栋", words)
    return html.Dl([reds, people, houses], className="keys")


def _about(scene: Scene) -> Node:
    """To the card of the area: its colour and why, who is in charge of it and how to call."""
    if scene.path[-1].get("ordinal") is None:
        return None
    href = scene.view.with_(object=f"area:{scene.view.area}").href()
    return link([icon("people"), html.Span(scene.words("card.responsible"))], href, kind="theme about")


def _to_reds(scene: Scene, store: query.Store) -> Node:
    """The whole tile leads to the list of reds: of the layer on show where it has any, else of the one that has most."""
    reds = query.reds_by_layer(store, scene.view.area)
    layer = scene.view.layer if reds.get(scene.view.layer) else max(reds, key=lambda name: reds[name])
    view = scene.view.with_(layer=layer, theme="levels", level=1, chosen="", object="", compare=(), rows=PAGE)
    return link("", view.href(), kind="key-link", label=scene.words("figures.reds.list"))


def _count(label: str, n: Any, unit: str, words: Words) -> Node:
    """A count as said, and to the last digit beneath it where that was rounded."""
    number = said(n, unit, words)
    rounded = isinstance(n, int) and number.digits != plain(n)
    return key_figure(words(label), number, plain(n) if rounded else None)


def layers(scene: Scene) -> Node:
    """The layer switch."""
    words = scene.words
    items = []
    for layer in scene.layers:
        href = scene.view.with_(layer=layer["name"], theme="", level=None, chosen="", object="", rows=PAGE).href()
        name = [icon(layer["icon"] or "layer"), html.Span(words.pick(layer["zh"], layer["en"]))]
        items.append(html.Li(link(name, href, kind="layer", current=layer["name"] == scene.view.layer)))
    return panel(words("layers"), html.Ul(items, className="layers"), kind="panel-layers")


def legend(scene: Scene) -> Node:
    """What the colours mean here, and how often each occurs; a level is also a filter."""
    words = scene.words
    rows = _level_rows(scene) if scene.theme == "levels" else _class_rows(scene)
    note = None
    if scene.chosen_for_want_of_levels:
        note = html.P(words("legend.unknown", theme=words.of(scene.theme_facts)), className="legend-said")
    elif scene.theme == "levels" and scene.personal:
        note = html.P(words("legend.people"), className="legend-said")
    else:
        note = html.P(words("legend.filter" if scene.theme == "levels" else "legend.filter.class"), className="legend-said")
    body: Node = [_themes(scene), note, html.Ul(rows, className=f"legend legend-{'levels' if scene.theme == 'levels' else 'classes'}")]
    if scene.unpainted:
        body = empty(words("fresh.unpainted.how"))
    title = [words.of(scene.layer), html.Small(scene.name)]
    return panel(
        title,
        body,
        kind="panel-legend",
        actions=html.Span(_total(scene), className="panel-total"),
        **scene.foot(scene.view.layer, coloured=scene.theme == "levels"),
        label=words("legend"),
    )


def _total(scene: Scene) -> str:
    """What the rows of the legend add up to; themes of people colour areas, so areas are counted."""
    if scene.unpainted:
        return scene.words("none")
    areas = scene.personal and scene.theme_facts
    total = sum(row["n"] for row in areas["classes"]) if areas else scene.legend["total"]
    return scene.words("legend.total", n=exact(total), unit=_counted_in(scene))


def _counted_in(scene: Scene) -> str:
    """The unit of the legend's numbers."""
    return scene.words("legend.areas") if scene.personal and scene.theme_facts else scene.unit


def _counted(scene: Scene, n: Any) -> Node:
    """A number under the head that says its unit; who has it read aloud hears the unit with each."""
    return [exact(n), html.Span(f" {_counted_in(scene)}", className="visually-hidden")]


def _themes(scene: Scene) -> Node:
    words = scene.words
    options = [(theme["name"], words.of(theme)) for theme in scene.legend["themes"] if theme["classes"]]
    if scene.legend["levels"]:
        options.insert(0, ("levels", words("legend.levels")))
    if len(options) < 2:
        return None
    links = [
        link(name, scene.view.with_(theme=key, level=None, chosen="").href(), kind="theme", current=key == scene.theme)
        for key, name in options
    ]
    return html.Div(links, className="themes", role="group", **{"aria-label": words("legend.theme")})


def _level_rows(scene: Scene) -> list[Node]:
    words, view = scene.words, scene.view
    counts = {row["level"]: row["n"] for row in scene.legend["levels"]}
    rows = []
    for level in LEVELS:
        pressed = None if scene.personal else view.level == level
        href = view.with_(level=None if pressed else level, object="", rows=PAGE).href()
        label = words("legend.all") if pressed else words("legend.only", level=words(f"level.{level}"))
        name, count = words(f"level.{level}"), _counted(scene, counts.get(level, 0))
        rows.append(legend_row(name, count, href, swatch=mark(level), pressed=pressed, label=label, note=words(f"meaning.{level}")))
    return rows


def _class_rows(scene: Scene) -> list[Node]:
    words = scene.words
    classes = [row for row in scene.theme_facts["classes"] if _size(row["n"])] if scene.theme_facts else []
    unstated = 0 if scene.personal else scene.legend["total"] - sum(row["n"] for row in classes)
    if len(classes) > FEW:
        classes.sort(key=lambda row: -_size(row["n"]))
    rows = [_class_row(scene, words.of(row), row["code"], row["n"], row["hex"]) for row in classes]
    return rows + ([_class_row(scene, words("legend.unstated"), UNSTATED, unstated, "var(--level-0)")] if unstated else [])


def _class_row(scene: Scene, name: str, code: str, n: Any, colour: str) -> Node:
    """A class with its colour and count; a tap shows it alone, another one all."""
    words, view = scene.words, scene.view
    pressed = scene.chosen is not None and view.chosen == code
    href = view.with_(chosen="" if pressed else code, theme=scene.theme, object="", rows=PAGE).href()
    label = words("legend.all") if pressed else words("legend.only", level=name)
    return legend_row(name, _counted(scene, n), href, swatch=swatch(colour), pressed=pressed, label=label)


def _size(n: Any) -> int:
    return n if isinstance(n, int) else 1


def listing(scene: Scene, store: query.Store) -> Node:
    """The areas below, or the objects behind the legend: reds first in both."""
    return _objects(scene, store) if scene.lists_objects else _children(scene, store)


def _title(scene: Scene, n: int, only: Node = None) -> Node:
    """Areas or objects, where there is a choice, and how many."""
    words, view = scene.words, scene.view
    count = html.Small(plain(n), id="list-total")
    if not scene.below or not scene.has_objects:
        return [words.of(scene.layer) if scene.lists_objects else words("list.children"), count, only]
    all_areas = view.with_(list="", level=None, chosen="", rows=PAGE)
    areas = link(words("list.children"), all_areas.href(), kind="theme", current=not scene.lists_objects)
    objects = link(words.of(scene.layer), view.with_(list="objects").href(), kind="theme", current=scene.lists_objects)
    return [html.Span([areas, objects], className="tabs"), count, only]


def _children(scene: Scene, store: query.Store) -> Node:
    words = scene.words
    rows = query.children(store, scene.screen.viewer, scene.view.area)
    rows.sort(key=lambda row: (_own_rank(scene, row), _worst_first(scene.below.get(row["code"], {}))))
    items = [html.Li(_child(scene, row, scene.below.get(row["code"], {}))) for row in rows[: scene.view.rows]]
    items += _further(scene, len(rows))
    body = _list(scene, items) if items else empty(words("list.none_below"))
    foot = scene.foot(scene.view.layer)
    return panel(_title(scene, len(rows)), body, kind="panel-list", actions=switch(scene), **foot, label=words("list"))


def _list(scene: Scene, items: list[Node]) -> Node:
    """Rows under what they answer."""
    return html.Ul(items, className="list", **{"data-question": question(scene.view)})


def question(view: View) -> str:
    """What a list answers: another place, layer or filter starts at its top again, more rows and picks do not (assets/app/reading.js)."""
    return view.with_(rows=PAGE, compare=(), object="").search()


def _further(scene: Scene, total: int) -> list[Node]:
    """The way to the rows that are not listed yet, or how many are never."""
    words, view = scene.words, scene.view
    left = plain(total - view.rows)
    if total <= view.rows:
        return []
    if view.rows >= MOST:
        return [html.Li(words("list.rest", n=left), className="list-more")]
    rows = min(view.rows + 100, MOST)
    more = link(words("list.more", n=left), view.with_(rows=rows).href(), kind="list-row list-more")
    return [html.Li(more | {"data-change": f"rows={rows}"})]


def _own_rank(scene: Scene, row: Row) -> int:
    """On the layer of areas an area stands where its own colour puts it; on others, where its objects do."""
    return LEVELS.index(row["level"] or 0) if scene.layer["table"] == "area" else 0


def _worst_first(counts: dict[int, Any]) -> tuple[int, ...]:
    return tuple(-_size(counts.get(level, 0)) for level in LEVELS)


def _child(scene: Scene, row: Row, counts: dict[int, Any]) -> Node:
    words = scene.words
    own = row["level"] if row["level"] is not None else 0
    name = html.Span([mark(own), row["name"] or row["code"]], className="list-name")
    reds = counts.get(1, 0)
    number = html.Span([mark(1), str(said(reds, "", words))] if _size(reds) else None, className="list-reds", **{"data-level": "1"})
    if scene.personal:
        number = html.Span(str(said(row["people"], "人", words)), className="list-people")
    shown = {level: _size(n) for level, n in counts.items()}
    bar = level_bar(shown, words) if shown else None
    if scene.view.compare:
        picked = row["code"] in scene.view.compare
        label = words("list.unpick" if picked else "list.pick", name=row["name"] or row["code"])
        return link(
            [name, number, icon("tick" if picked else "plus"), bar],
            toggled(scene, row["code"]),
            kind="list-row" + " picked" * picked,
            label=label,
        )
    href = scene.view.with_(area=row["code"], object="", rows=PAGE, list="").href()
    stands = "" if scene.personal else f", {words('level.1')} {said(reds, '', words) if not _size(reds) else ''}"
    told = html.Span(f", {words(f'level.{own}')}{stands} ", className="visually-hidden")  # the number that is seen ends the sentence
    bar = bar | {"aria-hidden": "true"} if bar else None
    return link([name, told, number, icon("next"), bar], href, kind="list-row")


def _objects(scene: Scene, store: query.Store) -> Node:
    words, view = scene.words, scene.view
    try:
        found = query.listing(store, scene.screen.viewer, view.layer, view.area, view.level, view.rows, chosen=scene.chosen)
    except PolicyError as error:
        return panel(words.of(scene.layer), empty(words.error(error)), kind="panel-list", label=words("list"))
    rows = [html.Li(_object(scene, row)) for row in found["rows"]]
    rows += _further(scene, found["total"])
    only = _only(scene)
    none = words("fresh.unpainted.how") if scene.unpainted else words("list.empty", layer=words.of(scene.layer))
    body = _list(scene, rows) if rows else empty(none)
    return panel(_title(scene, found["total"], only), body, kind="panel-list", **scene.foot(view.layer), label=words("list"))


def _only(scene: Scene) -> Node:
    """The one level or class that is listed."""
    if scene.view.level is not None:
        return tag([mark(scene.view.level), scene.words(f"level.{scene.view.level}")])
    facts = scene.theme_facts
    if scene.chosen is None or facts is None:
        return None
    named = next((row for row in facts["classes"] if row["code"] == scene.view.chosen), None)
    inside = [swatch(named["hex"]), scene.words.of(named)] if named else [swatch("var(--level-0)"), scene.words("legend.unstated")]
    return tag(inside, "tag-class")


def _object(scene: Scene, row: Row) -> Node:
    words = scene.words
    level = row["level"]
    reason = next((words.of(reason) for reason in row["reasons"]), "")
    title, key = row["title"] or row["key"], str(row["key"] or "")
    tail = "" if title == key else key if len(key) <= 8 else f"…{key[-6:]}"  # tells masked addresses apart
    if scene.theme == "levels" and level is not None:
        label = f"{title}, {words(f'level.{level}')}"
        name: Node = [mark(level), title, html.Small(" · ".join(filter(None, (tail, reason))))]
    else:
        label, name = str(title), [title, html.Small(tail)]
    href = scene.view.with_(object=f"{row['table']}:{row['key']}").href()
    return link([html.Span(name, className="list-name"), None, icon("next")], href, kind="list-row", label=label)


def hits(found: list[Row], text: str, view: View, words: Words, more: bool = False) -> Node:
    """Answers of a search, as ways on from the view; `more`: not all of them are told."""
    if not found:
        return empty(words("search.none", query=text.strip()))
    return [html.Ul([html.Li(_hit(row, view, words)) for row in found]), empty(words("search.more")) if more else None]


def _hit(row: Row, view: View, words: Words) -> Node:
    key = f"{row['table']}:{row['key']}"
    plain_view = view.with_(object="", level=None, chosen="", compare=(), list="", rows=PAGE)
    area = row["table"] == "area"
    onward = plain_view.with_(area=row["key"]) if area else plain_view.with_(layer=row["layer"], theme="", object=key)
    if row["who"]:
        picture, said_so = "people", [row["who"], html.Small(f"{words('search.resident')} · {row['title']}")]
    else:
        picture, said_so = "grid" if area else "pin", [row["title"], html.Small(f"{words.of(row)} · {row['key']}")]
    return link([icon(picture), html.Span(said_so)], onward.href(), kind="hit")

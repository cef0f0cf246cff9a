"""What the scripts of incidents need to know before they ask the server: words, the life cycle, and the names of the areas."""

from __future__ import annotations

import hashlib
import json
import string
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from data.errors import StoreError
from incidents.core import handover
from incidents.core.lifecycle import DUTIES, ENDED, RULES, STAGES, STATES
from layers.core import query
from screen import html
from screen.html import Element
from screen.page import Screen
from screen.text import Words
from screen.text.desk import DESK

Row = dict[str, Any]
SITTING = ("acceptor", "shift_leader", "dispatcher", "unit", "grid_member", "leader")  # duties that somebody at a screen may have
ELSEWHERE = frozenset({"system", "public", "feed"})


def for_scripts(words: Words, town: Row, *rooms: str) -> Element:
    """An element that holds the words of `rooms` ("desk.", "case.") and the life cycle; `assets/app/cases.js` reads it."""
    others = {name: DUTIES[name] for name in sorted(ELSEWHERE)}
    told = {
        "words": script_words(words, *rooms), "rules": _rules(words), "states": _named(words, STATES), "stages": _named(words, STAGES),
        "duties": _named(words, {name: DUTIES[name] for name in SITTING}), "others": _named(words, others),
        "ended": sorted(ENDED), "readers": handover.READERS,
        "town": words.of(town["name"]), "zone": town["timezone"], "language": words.language, "root": town["root"],
    }  # fmt: skip
    return html.Div(id="cases", hidden=True, **{"data-told": json.dumps(told, ensure_ascii=False)})


def script_words(words: Words, *rooms: str) -> dict[str, str]:
    """The texts whose keys begin with one of `rooms`, their holes left for the script to fill."""
    return {key: _unfilled(words, key) for key in DESK if key.startswith(rooms)}


def _unfilled(words: Words, key: str) -> str:
    holes = {name for _, name, _, _ in string.Formatter().parse(DESK[key][0]) if name}
    return words(key, **{name: f"{{{name}}}" for name in holes})


def _named(words: Words, names: Any) -> dict[str, str]:
    return {name: words.pick(*both) for name, both in names.items()}


def _rules(words: Words) -> list[Row]:
    """The life cycle as the keyboard and batch actions need it; what the server says of one incident goes before it."""
    return [
        {"step": rule.step, "name": words.pick(rule.zh, rule.en), "duties": rule.duties, "source": rule.source}
        | {"needs": rule.needs, "key": rule.key}
        for rule in RULES.values()
        if set(rule.duties) - ELSEWHERE
    ]  # fmt: skip


def add_cases(server: FastAPI, screen: Screen) -> None:
    """The address of the area names: `{code: [name, code above, level]}`, asked once a snapshot."""
    server.add_api_route("/api/areas", _areas(screen))


def _areas(screen: Screen) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        try:
            with screen.reading() as store:
                names = {row["code"]: [row["name"], row["above"], row["level"]] for row in query.area_names(store)}
        except StoreError as error:
            return JSONResponse({"error": error.message, "remedy": error.remedy}, status_code=404)
        body = json.dumps(names, ensure_ascii=False, separators=(",", ":")).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    return answer

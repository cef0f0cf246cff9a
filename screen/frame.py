"""The HTML around every page: language and look are right before the first byte of script has run."""

from __future__ import annotations

import html as text_html

from dash import Dash

from data.settings import REPOSITORY
from screen import html
from screen.html import Node
from screen.page import Light
from screen.text import Words

INDEX = """<!DOCTYPE html>
<html lang="%LANGUAGE%" data-look="%LOOK%" data-place="%PLACE%">
  <head>
    {%metas%}
    <title>%TITLE%</title>
    <link rel="icon" type="image/svg+xml" href="/assets/icons/favicon.svg">
    {%css%}
    <link rel="preload" as="fetch" href="/pack/manifest.json" crossorigin="anonymous">
  </head>
  <body>
    %FIRST%{%app_entry%}
    <footer>{%config%}{%scripts%}{%renderer%}</footer>
  </body>
</html>"""


LIGHT = """<!DOCTYPE html>
<html lang="%LANGUAGE%" data-look="%LOOK%" data-place="desk">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
    <title>%TITLE%</title>
    <link rel="icon" type="image/svg+xml" href="/assets/icons/favicon.svg">
    %STYLES%
  </head>
  <body><div id="page">%BODY%</div>%SCRIPTS%</body>
</html>"""


def page_html(dash_app: Dash, words: Words, look: str, title: str, place: str = "desk", first: Node = None) -> str:
    """The page's HTML. `look` is "dark" or "light", `place` "desk" or "wall". Call while the request is set, Dash asks for it.

    `first` stands there until assets/app/drawn.js has the page to draw, and takes it away.
    """
    filled = {"%LANGUAGE%": words.language, "%LOOK%": look, "%PLACE%": place, "%TITLE%": text_html.escape(title)}
    filled["%FIRST%"] = html.written(html.Div(first, id="first", inert="")) if first else ""
    page: str = dash_app.index()
    for hole, value in filled.items():
        page = page.replace(hole, value)
    return page


def light_html(light: Light, words: Words, look: str, title: str, body: Node) -> str:
    """The HTML of a page without Dash: its elements, and the few files that it needs."""
    styles = "".join(f'<link rel="stylesheet" href="{versioned(file)}">' for file in light.styles)
    scripts = "".join(f'<script src="{versioned(file)}" defer></script>' for file in light.scripts)
    filled = {"%LANGUAGE%": words.language, "%LOOK%": look, "%TITLE%": text_html.escape(title), "%STYLES%": styles, "%SCRIPTS%": scripts}
    page = LIGHT
    for hole, value in filled.items():
        page = page.replace(hole, value)
    return page.replace("%BODY%", html.written(body))


def versioned(file: str) -> str:
    """The address of an asset, another one once it has been changed: browsers keep it for ever (screen/compress.py)."""
    return f"/assets/{file}?m={(REPOSITORY / 'assets' / file).stat().st_mtime:.0f}"

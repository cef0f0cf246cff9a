"""The demonstration town from nothing: the base first, the rest later, and nothing twice."""

from datetime import date, datetime
from pathlib import Path

from rich.console import Console

from data.settings import Settings
from data.store.serving import current, on_show
from etl.core.demo import load_demo, load_rest
from etl.core.repaint import repaint


def test_the_base_is_on_show_first_and_the_rest_follows_once(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, now=datetime.fromisoformat("2026-11-22T09:42:00+08:00"))
    quiet = Console(quiet=True)
    load_rest(settings, quiet, scale=0.01)
    assert current(settings) is None, "where there is no demonstration town, nothing is loaded"
    load_demo(settings, quiet, scale=0.01, today=date(2026, 11, 22), first_only=True)
    first = current(settings)
    assert first and first.snapshot == 1
    repaint(settings, quiet)  # as the server that shows the base does when midnight comes before the rest
    load_rest(settings, quiet, scale=0.01)
    last = current(settings)
    assert last and last.snapshot == 4
    assert on_show(settings, "SELECT count(DISTINCT delivered_at), (SELECT value ->> '$' FROM town WHERE key = 'as_of') FROM dataset") == [
        (3, "2026-11-22")
    ], "the rest is loaded although the colours are of a later day, and does not turn them back"
    assert not (tmp_path / "demo").exists(), "the lake has all of it: its raw files are needed no longer"
    load_rest(settings, quiet, scale=0.01)
    assert current(settings) == last

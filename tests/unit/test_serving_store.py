"""A snapshot that is tidied away while somebody opens it is gone, not broken."""

import json
from pathlib import Path

import pytest

from data.errors import StoreError
from data.settings import Settings
from data.store.serving import ServingStore


def test_a_file_that_vanishes_between_the_look_and_the_opening_is_a_snapshot_that_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "serving").mkdir()
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "v7.json").write_text("{}")
    told = {"snapshot": 7, "file": "v7.duckdb", "manifest": "v7.json", "published_at": "2026-11-22T09:42:00+08:00"}
    (tmp_path / "serving" / "current.json").write_text(json.dumps(told))
    looks = iter([True, True, False])  # by the pointer, before the opening, after it
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: next(looks, False) if path.name == "v7.duckdb" else exists(path))
    store = ServingStore(Settings(home=tmp_path))
    with pytest.raises(StoreError, match="no longer kept"):
        store.serving()
    store.close()

"""The door to DuckDB: an extension's signature is checked, once a process, and no connection takes anybody else's."""

import os
import shutil
from pathlib import Path

import duckdb
import pytest

from data.store.duck import connect, extension_file, text

NAME = "ducklake"


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of an extension, which is loaded in its stead."""
    copy = Path(shutil.copy(extension_file(NAME), tmp_path))
    monkeypatch.setattr("data.store.duck.extension_file", lambda _: copy)
    return copy


def spoil(file: Path) -> None:
    """Another signature, of the same length."""
    with file.open("r+b") as content:
        content.seek(-20, os.SEEK_END)
        content.write(b"\0" * 20)


def test_an_extension_that_was_changed_after_it_had_been_loaded_is_refused(copied: Path) -> None:
    connect(extensions=(NAME,)).close()
    spoil(copied)
    with pytest.raises(duckdb.IOException, match="signature"):
        connect(extensions=(NAME,))


def test_an_extension_that_is_as_it_was_is_not_checked_again(copied: Path) -> None:
    connect(extensions=(NAME,)).close()
    then = copied.stat()
    spoil(copied)
    os.utime(copied, ns=(then.st_atime_ns, then.st_mtime_ns))
    connect(extensions=(NAME,)).close()


def test_a_connection_whose_own_extensions_are_known_takes_no_unsigned_one(tmp_path: Path) -> None:
    strange = Path(shutil.copy(extension_file(NAME), tmp_path))
    spoil(strange)
    connect().close()
    with connect() as connection:
        with pytest.raises(duckdb.IOException, match="signature"):
            connection.execute(f"LOAD {text(strange)}")
        with pytest.raises(duckdb.InvalidInputException, match="allow_unsigned"):
            connection.execute("SET GLOBAL allow_unsigned_extensions = true")

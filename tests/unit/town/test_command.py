"""`python -m data.town`, as a newcomer and the Makefile call it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from data.errors import SettingsError
from data.town.__main__ import main
from data.town.deliveries import write_town
from tests.unit.town.conftest import SCALE, SEED, TODAY, Town, fingerprints

ROOT = Path(__file__).parents[3]


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "data.town", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_writes_the_same_bytes_as_any_other_process_and_says_what_it_wrote(tmp_path: Path, town: Town) -> None:
    done = run(tmp_path, "--scale", SCALE, "--seed", SEED, "--today", TODAY)
    assert (done.returncode, done.stderr) == (0, "")
    assert fingerprints(tmp_path) == fingerprints(town.out)
    *table, last = done.stdout.splitlines()
    told = {(folder, name): int(count.replace(",", "")) for folder, name, count in (line.split() for line in table)}
    assert told == town.manifest.rows
    assert last == f"{len(town.faults)} seeded faults in {tmp_path / 'faults.json'}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scale", "0"), "A town of scale 0 cannot be made. Give a scale from 0.01 to 40"),
        (("--scale", "-1"), "A town of scale -1 cannot be made."),
        (("--scale", "nan"), "A town of scale nan cannot be made."),
        (("--scale", "large"), "'large' is no number. Give a scale such as"),
        (("--seed", "1.5"), "'1.5' is no whole number."),
        (("--seed", "-7"), "The seed -7 is negative."),
        (("--today", "22.11.2026"), "'22.11.2026' is no day. Give it as year-month-day"),
        (("--sale", "1"), "unrecognized arguments: --sale 1"),
    ],
)
def test_a_bad_argument_is_refused_with_its_value_and_the_way_out(
    words: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path / "out"), "--today", "2026-11-22", *words])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_day_has_no_default_because_every_date_of_the_town_follows_from_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert "--today" in capsys.readouterr().err


def test_a_folder_with_a_real_town_is_left_alone_and_the_message_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "1-base" / "town.toml"
    kept.parent.mkdir()
    kept.write_text('[town]\nname = { zh = "真镇", en = "Real" }\n', encoding="utf-8")
    assert main([str(tmp_path), "--scale", "0.02", "--today", "2026-11-22"]) == 2
    said = capsys.readouterr().err
    assert "已存在，且不是示范镇。\n请换一个文件夹" in said and "exists and is no demonstration town.\nGive another folder" in said
    assert [path.name for path in tmp_path.rglob("*")] == ["1-base", "town.toml"]


@pytest.mark.parametrize(("scale", "seed"), [(0.0, 7), (-0.02, 7), (float("inf"), 7), (0.02, -1)])
def test_a_program_that_asks_for_an_impossible_town_is_told_so_too(scale: float, seed: int, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        write_town(tmp_path / "out", scale, seed, date(2026, 11, 22))

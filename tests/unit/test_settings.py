"""Settings: read from a file and the environment; every unusable value is told with what to give instead."""

from pathlib import Path

import pytest

from data.errors import SettingsError
from data.settings import load_settings


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "onescreen.toml"
    file.write_text('port = 9000\nlanguage = "en"\n')
    settings = load_settings({"ONESCREEN_PORT": "9001", "ONESCREEN_SETTINGS": str(file)})
    assert (settings.port, settings.language) == (9001, "en")


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("PORT", "99999", "1 to 65535"),
        ("PORT", "eighty", "whole number"),
        ("THREADS", "-1", "1 to 256"),
        ("KEEP_SNAPSHOTS", "0", "1 to 1000"),
        ("LANGUAGE", "fr", "zh-CN or en"),
        ("NOW", "2026-11-22T09:42:00", "an instant such as"),
        ("PROT", "1", "'port'"),
    ],
)
def test_an_unusable_value_is_refused_with_advice(name: str, value: str, advice: str) -> None:
    with pytest.raises(SettingsError, match=advice):
        load_settings({f"ONESCREEN_{name}": value})


def test_a_broken_or_missing_settings_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("port = = 1")
    with pytest.raises(SettingsError, match=r"broken\.toml is not valid TOML"):
        load_settings({}, file)
    with pytest.raises(SettingsError, match="does not exist"):
        load_settings({"ONESCREEN_SETTINGS": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    ("name", "value", "zh"),
    [
        ("PORT", "0", "请给出 1 至 65535 之间的整数"),
        ("LANGUAGE", "fr", "zh-CN 或 en"),
        ("PROT", "1", "是否要写 'port'"),
        ("NOW", "x", "时刻"),
    ],
)
def test_an_unusable_setting_is_refused_in_chinese_too(name: str, value: str, zh: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({f"ONESCREEN_{name}": value})
    assert zh in " ".join(raised.value.said("zh"))

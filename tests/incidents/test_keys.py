"""API keys: who sends, what the sender may do, and where."""

import hashlib
from pathlib import Path

import pytest

from data.errors import PolicyError, SettingsError
from data.policy import Actor, mask_words, permit
from incidents.core.keys import actor_of, load_keys

GOOD = f"""
[[key]]
name = "camera-gateway"
key = "0123456789abcdef"
feeds = ["native"]
areas = ["v"]
[[key]]
name = "desk"
sha256 = "{hashlib.sha256(b"another long secret").hexdigest()}"
duty = "dispatcher"
"""


def test_a_key_names_its_sender_and_opens_its_own_ways_in(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(GOOD)
    keys = load_keys(file)
    camera = actor_of(keys, "0123456789abcdef", "native")
    assert camera == Actor("feed", "camera-gateway", "key", ("v",))
    assert actor_of(keys, "another long secret", "anything").duty == "dispatcher"
    with pytest.raises(PolicyError, match="may not use open311"):
        actor_of(keys, "0123456789abcdef", "open311")
    with pytest.raises(PolicyError, match="not known"):
        actor_of(keys, "0123456789abcdee", "native")
    assert load_keys(None) == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[[key]]\nname = "x"\nkey = "short"', "16"),
        ('[[key]]\nkey = "0123456789abcdef"', "name"),
        ('[[key]]\nname = "x"\nkey = "0123456789abcdef"\nduti = "feed"', "'duty'"),
        ('[[key]]\nname = "x"\nkey = "0123456789abcdef"\nduty = "king"', "king"),
        ("[[key", "cannot be read"),
    ],
)
def test_a_file_of_keys_that_cannot_be_used_says_where_and_why(text: str, names: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=names) as refused:
        load_keys(file)
    assert str(file) in str(refused.value) and refused.value.said("zh")[0]


def test_the_one_check_says_who_may_not_do_what_and_who_may() -> None:
    permit(Actor("acceptor"), ("acceptor",), "accept")
    with pytest.raises(PolicyError, match=r"unit may not accept.*acceptor"):
        permit(Actor("unit"), ("acceptor",), "accept", "受理")
    with pytest.raises(PolicyError, match="king"):
        Actor("king")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("沪A12345 堵门，电话13812345678", "*** 堵门，电话***"),
        ("License Plate number: R61-141 | MA", "License Plate number: *** | MA"),
        ("3号楼12室，2026-11-22 起", "3号楼12室，2026-11-22 起"),
        ("a.b@c.com 021-58901234, 1234 5678", "*** ***, ***"),
        ("证件 990115199001011234X", "证件 ***"),
    ],
)
def test_free_text_loses_what_tells_a_person_by_number(words: str, shown: str) -> None:
    assert mask_words(words) == shown

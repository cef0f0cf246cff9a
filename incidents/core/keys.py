"""API keys of machine feeds: a TOML file that the setting `keys` names. A key says who sends, what the sender may do, and where.

[[key]]
name = "camera-gateway"          # what the log keeps
key = "…"                        # at least 16 characters; or sha256 = "…" of it, so that the file holds no secret
duty = "feed"                    # of docs/network.md section 3; default "feed"
feeds = ["native"]               # ways in that it may use; default all
areas = ["990115103200"]         # codes that it is limited to; default the whole town
"""

from __future__ import annotations

import hashlib
import hmac
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import PolicyError, SettingsError, advice, advice_zh
from data.policy import Actor

SHORTEST = 16
_KNOWN = ("name", "key", "sha256", "duty", "feeds", "areas")


@dataclass(frozen=True, slots=True)
class Key:
    """One key: the hash of it, who it stands for, and the feeds that it may use (none named: all)."""

    sha256: str
    actor: Actor
    feeds: frozenset[str] = frozenset()


def load_keys(file: Path | None) -> tuple[Key, ...]:
    """The keys of a file; none without one. Raises SettingsError naming the entry and what is wrong."""
    if file is None:
        return ()
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(file, 0, f"cannot be read: {error}", f"读不出来：{error}") from error
    return tuple(_key(file, number, entry) for number, entry in enumerate(told.get("key", []), 1))


def _key(file: Path, number: int, entry: Mapping[str, Any]) -> Key:
    for name in entry:
        if name not in _KNOWN:
            raise _wrong(file, number, f"unknown {name!r}. {advice(name, _KNOWN)}", f"没有 {name!r} 这一项。{advice_zh(name, _KNOWN)}")
    secret, digest = str(entry.get("key", "")), str(entry.get("sha256", "")).lower()
    if not entry.get("name") or (len(secret) < SHORTEST and len(digest) != 64):
        raise _wrong(
            file, number, f"a name, and a key of at least {SHORTEST} characters or its sha256, are needed",
            f"需要 name，以及至少 {SHORTEST} 个字符的 key 或其 sha256",
        )  # fmt: skip
    try:
        actor = Actor(str(entry.get("duty", "feed")), str(entry["name"]), "key", tuple(map(str, entry.get("areas", ()))))
    except PolicyError as error:
        raise _wrong(file, number, str(error), "".join(error.said("zh"))) from error
    return Key(digest or hashlib.sha256(secret.encode()).hexdigest(), actor, frozenset(map(str, entry.get("feeds", ()))))


def _wrong(file: Path, number: int, message: str, zh: str) -> SettingsError:
    where, ort = (f"{file}, key {number}", f"{file} 第 {number} 个 key") if number else (str(file), str(file))
    return SettingsError(
        f"{where}: {message}.",
        remedy="Correct the file, or unset ONESCREEN_KEYS.",
        zh=f"{ort}：{zh}。",
        zh_remedy="请更正该文件，或取消设置 ONESCREEN_KEYS。",
    )


def actor_of(keys: Sequence[Key], given: str, feed: str) -> Actor:
    """Whom a key stands for. Raises PolicyError for one that is not known or may not use this way in."""
    digest = hashlib.sha256(given.encode()).hexdigest()
    found = next((key for key in keys if hmac.compare_digest(key.sha256, digest)), None)
    if found is None:
        raise PolicyError(
            "This API key is not known.", remedy="Ask for one, and have it entered into the file of ONESCREEN_KEYS.",
            zh="API 密钥无效。", zh_remedy="请申请密钥，并登记到 ONESCREEN_KEYS 所指的文件。",
        )  # fmt: skip
    if feed and found.feeds and feed not in found.feeds:
        raise PolicyError(
            f"The key of {found.actor.name} may not use {feed}.", remedy=f"It may use: {', '.join(sorted(found.feeds))}.",
            zh=f"{found.actor.name} 的密钥不能用于 {feed}。", zh_remedy=f"可用于：{'、'.join(sorted(found.feeds))}。",
        )  # fmt: skip
    return found.actor

"""Bytes on the wire: scripts and styles are compressed once and kept, answers of callbacks as they go.

A browser on a plain http address other than loopback offers only gzip, so both encodings are kept.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import dataclass
from typing import Any

import zstandard

Scope = dict[str, Any]
STATIC = ("/_dash-component-suites/", "/assets/")
DYNAMIC = ("/_dash-",)
WORTH = 900  # bytes; below this the headers cost more than is saved
DENSE = (b"font/", b"image/png", b"image/jpeg", b"image/webp", b"application/octet-stream", b"application/zip")
FOREVER = b"public, max-age=31536000, immutable"
A_WEEK = b"public, max-age=604800"


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole answer: status, headers without length and encoding, body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


NOT_FOUND = Kept(404, ((b"content-type", b"application/json"),), b'{"error": "not found", "see": "/"}')


class Compress:
    """ASGI middleware around the whole application. Streams, sockets, the pack and everything not named here pass through untouched."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._kept: dict[tuple[str, bytes, str], tuple[Kept, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["method"] == "GET" and path.startswith(STATIC):
            await self._static(scope, receive, send)
        elif path.startswith(DYNAMIC):
            await self._send(send, scope, await self._whole(scope, receive))
        else:
            await self.app(scope, receive, send)

    async def _static(self, scope: Scope, receive: Any, send: Any) -> None:
        key = (scope["path"], scope.get("query_string", b""), _encoding(scope))
        if key not in self._kept:
            answer = await self._whole(scope, receive)
            if answer.status != 200:
                # Dash answers 500 for a package or a script that it does not have.
                await self._send(send, scope, NOT_FOUND if answer.status == 500 else answer)
                return
            # In a thread, and not harder: the 1.5 MB of scripts take 60 ms of a core, once.
            self._kept[key] = (_cached(answer, scope), await asyncio.to_thread(_packed, answer, _encoding(scope), True))
        answer, body = self._kept[key]
        if _header(scope, b"if-none-match") == dict(answer.headers)[b"etag"]:
            await self._send(send, scope, Kept(304, answer.headers, b""))
        else:
            await self._send(send, scope, answer, packed=body)

    async def _whole(self, scope: Scope, receive: Any) -> Kept:
        status, headers, parts = 500, [], []

        async def collect(message: dict[str, Any]) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], message.get("headers", [])
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))

        # Conditions and ranges are answered here, for the whole file.
        plain = [(k, v) for k, v in scope["headers"] if k not in (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")]
        await self.app({**scope, "headers": plain} if scope["path"].startswith(STATIC) else scope, receive, collect)
        return Kept(status, tuple((k, v) for k, v in headers if k != b"content-length"), b"".join(parts))

    async def _send(self, send: Any, scope: Scope, answer: Kept, packed: bytes | None = None) -> None:
        encoding = _encoding(scope)
        body = _packed(answer, encoding, False) if packed is None else packed
        headers = [*answer.headers, (b"vary", b"accept-encoding")]
        if body is not answer.body:
            headers.append((b"content-encoding", encoding.encode()))
        if answer.status not in (204, 304):
            headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")


def _encoding(scope: Scope) -> str:
    offered = _header(scope, b"accept-encoding").decode("latin-1")
    return "zstd" if "zstd" in offered else "gzip" if "gzip" in offered else ""


def _packed(answer: Kept, encoding: str, hard: bool) -> bytes:
    """The body compressed, or the body itself when that is not worth it or has been done already."""
    named = dict(answer.headers)
    if not encoding or len(answer.body) < WORTH or b"content-encoding" in named or named.get(b"content-type", b"").startswith(DENSE):
        return answer.body
    if encoding == "zstd":
        return zstandard.ZstdCompressor(level=9 if hard else 3).compress(answer.body)
    return gzip.compress(answer.body, 6 if hard else 5, mtime=0)


def _cached(answer: Kept, scope: Scope) -> Kept:
    """With an ETag and a time to live: for ever when the address carries a version, else a week."""
    versioned = b"m=" in scope.get("query_string", b"") or b".v" in scope["path"].encode()
    headers = {k: v for k, v in answer.headers if k not in (b"etag", b"last-modified")}
    headers[b"cache-control"] = FOREVER if versioned else A_WEEK
    headers[b"etag"] = b'"' + hashlib.sha256(answer.body).hexdigest()[:20].encode() + b'"'
    return Kept(answer.status, tuple(headers.items()), answer.body)

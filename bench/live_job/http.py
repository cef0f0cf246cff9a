"""A keep-alive HTTP connection that costs its sender as little as can be, so that the machine is left to what is measured."""

from __future__ import annotations

import asyncio
import json
from typing import Any


class Connection:
    """POSTs JSON to one server, one request at a time."""

    def __init__(self, host: str, port: int, cookie: str) -> None:
        self._host, self._port, self._cookie = host, port, cookie
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connect; again after the server has gone."""
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Status and JSON of the answer. Raises ConnectionError or EOFError when the server goes."""
        if self._writer is None or self._reader is None:
            await self.open()
        assert self._reader and self._writer
        content = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nCookie: {self._cookie}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        self._writer.write(head.encode() + content)
        answered = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = answered.split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length"))
        return int(lines[0].split()[1]), json.loads(await self._reader.readexactly(length))

    def close(self) -> None:
        """Let go."""
        if self._writer:
            self._writer.close()
        self._reader = self._writer = None

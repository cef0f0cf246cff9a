"""A throw-away PostgreSQL with PostGIS on loopback, for benchmarks and tests: Debian's packages, a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgres(*, settings: Sequence[str] = ()) -> Iterator[str]:
    """Start a cluster and yield a DSN of an empty database with PostGIS.

    `settings` are further `name=value` lines of the server. PostgreSQL refuses to run as root, so as root the user `postgres` runs it.
    """
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    folder = Path(tempfile.mkdtemp(prefix="onescreen-pg-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    port = _free_port()
    data = folder / "data"
    options = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", *settings]
    try:
        _quiet(
            [*as_user, str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"], folder
        )
        arguments = " ".join(f"-c {option}" for option in options)
        _quiet([*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", arguments, "start"], folder)
        dsn = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        _quiet(["psql", dsn, "-q", "-c", "CREATE EXTENSION postgis"], folder)
        yield dsn
    finally:
        stop = [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, cwd=folder, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _quiet(command: Sequence[str], folder: Path) -> None:
    result = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

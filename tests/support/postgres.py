"""A private PostgreSQL cluster in a temporary folder, and an empty database for each test.

It forgets all when it stops: nothing is synced to disk, it lies in memory where there is room, and stopping it is
killing it.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from support.missing import missing
from support.ports import free_port
from worker.store.opening import open_store

_USER = "letterkey"
_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_wal_size=128MB",
    "shared_buffers=32MB",
    "jit=off",
    "dynamic_shared_memory_type=mmap",  # in its folder, which goes with it
)
_MEMORY = Path("/dev/shm")
_ROOM = 4 * 1024**3  # for the clusters of half a dozen test processes, several times over
_MIGRATED = "migrated"
_TRIES = 3  # a free port may be taken before PostgreSQL listens on it


@dataclass(frozen=True, slots=True)
class Postgres:
    port: int

    def url(self, database: str) -> str:
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"


@contextmanager
def start_postgres() -> Iterator[Postgres]:
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="letterkey-pg-", dir=_memory()))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        cluster = folder / "cluster"
        _run(
            programs / "initdb",
            cluster,
            "--locale=C",
            "--encoding=UTF8",
            "--auth=trust",
            f"--username={_USER}",
            "--no-sync",
        )
        port = _start(programs, cluster)
        try:
            yield Postgres(port)
        finally:
            _run(programs / "pg_ctl", cluster, "stop", "--mode=immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def fresh_database(cluster: Postgres, *, migrated: bool = False) -> AsyncIterator[str]:
    """An empty database, with its tables if it is to be `migrated`."""
    name = f"t_{uuid4().hex}"
    admin = await asyncpg.connect(cluster.url("postgres"))
    try:
        if migrated:
            await _with_tables(cluster, admin)
        # Copying files costs half of what writing them through the log does; before 15 it was the only way.
        quickly = "STRATEGY FILE_COPY" if admin.get_server_version().major >= 15 else ""
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {_MIGRATED if migrated else 'template0'} {quickly}")
        yield cluster.url(name)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


async def _with_tables(cluster: Postgres, admin: "asyncpg.Connection[asyncpg.Record]") -> None:
    if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", _MIGRATED) is None:
        await admin.execute(f"CREATE DATABASE {_MIGRATED} TEMPLATE template0")
        store = await open_store(cluster.url(_MIGRATED), lambda: 0)
        await store.close()


def _start(programs: Path, cluster: Path) -> int:
    settings = " ".join(f"-c {setting}" for setting in _FAST)
    for attempt in range(1, _TRIES + 1):
        port = free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= {settings}"
        try:
            _run(
                programs / "pg_ctl",
                cluster,
                "start",
                "--wait",
                f"--log={cluster.parent / 'log'}",
                f"--options={options}",
            )
            return port
        except subprocess.CalledProcessError:
            if attempt == _TRIES:
                pytest.fail(f"PostgreSQL does not start:\n{(cluster.parent / 'log').read_text()}", pytrace=False)
    raise AssertionError("unreachable")


def _memory() -> Path | None:
    """Copying and dropping a database a test is most of what these tests wait for on a disk."""
    roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if roomy else None


def _programs() -> Path:
    """The folder of initdb and pg_ctl: the newest that Debian has, else where PATH finds them."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(debian, key=lambda path: int(re.sub(r"\D", "", path.parts[-3])), default=None)
    found = newest or shutil.which("initdb")
    return Path(found).parent if found else missing("PostgreSQL", "postgresql")


def _run(program: Path, cluster: Path, *arguments: str) -> None:
    # PostgreSQL refuses to run as root. Output goes to no pipe: the server would hold it open for ever.
    drop: dict[str, Any] = {}
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        drop = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    subprocess.run(
        [program, "--pgdata", cluster, *arguments],
        check=True,
        cwd=cluster.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        **drop,
    )

"""A copy of a PostgreSQL database, by PostgreSQL's own programs, and one brought back.

Rules: the rows are counted in the very snapshot that is dumped; a restore is one transaction of pg_restore's, between
a mark that a restore is on its way and its end, so that nothing runs on what is only half there; what was in the
database before is kept beside it in a schema of its own.
"""

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from worker.store.copying import Content
from worker.store.engine import StoreRefused

if TYPE_CHECKING:
    import asyncpg

RESTORING = "letterkey_restoring"
"""The schema that marks a restore on its way."""
_OTHERS = """SELECT COUNT(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_FUNCTIONS = """SELECT CAST(p.oid AS regprocedure) AS name FROM pg_proc p
WHERE p.pronamespace = CAST('public' AS regnamespace)
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""


async def copy_postgres(url: str, copy: Path) -> Content:
    """Dump the database to a new file. Raises StoreRefused saying what is missing."""
    connection = await _connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            content = await _content(connection)
            if not content.migration:
                raise StoreRefused("the database holds nothing of Letterkey's yet")
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            await _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", "--schema=public",
                                        f"--snapshot={snapshot}", f"--file={copy}"])  # fmt: skip
    finally:
        await connection.close()
    await _run("pg_restore", None, ["--list", str(copy)])
    return content


async def size_of(url: str) -> int:
    """The bytes that the database has on its server's disk. Raises StoreRefused where it can't be reached."""
    connection = await _connect(url)
    try:
        return int(await connection.fetchval("SELECT pg_database_size(current_database())"))
    finally:
        await connection.close()


async def bring_back(url: str, dump: Path, aside: str, *, replace: bool) -> Content:
    """Restore a dump and mark the restore as being on its way; `finish` ends it.

    What the database held goes to the schema `aside`. Raises StoreRefused where the database is in use, or isn't empty
    and `replace` is not said.
    """
    program("pg_restore")  # before anything is moved
    connection = await _connect(url)
    try:
        if others := await connection.fetchval(_OTHERS):
            raise StoreRefused(f"{others} others are connected to it: stop every `letterkey run` of it first")
        async with connection.transaction():
            await _make_room(connection, aside, replace=replace)
        listed = dump.with_name(f"{dump.name}.list")
        listed.write_text(_without_schema(await _run("pg_restore", None, ["--list", str(dump)])), encoding="utf-8")
        await _run("pg_restore", url, ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
                                       f"--use-list={listed}", str(dump)])  # fmt: skip
        return await _content(connection)
    finally:
        await connection.close()


async def finish(url: str) -> None:
    """The restored database is settled: whatever runs may run on it."""
    connection = await _connect(url)
    try:
        await connection.execute(f"DROP SCHEMA IF EXISTS {RESTORING}")
    finally:
        await connection.close()


async def must_be_restored(connection: "asyncpg.Connection") -> None:
    """Raises StoreRefused where a restore of this database was begun and not finished."""
    if await _is_restoring(connection):
        raise StoreRefused("a restore of it was not finished: run `letterkey restore FILE` again")


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs. Raises StoreRefused where it isn't installed."""
    found = shutil.which(name)
    if found is None:
        raise StoreRefused(
            f"{name} is not installed here: install PostgreSQL's client programs of the server's version"
        )
    return found


async def _make_room(connection: "asyncpg.Connection", aside: str, *, replace: bool) -> None:
    tables = [row["tablename"] for row in await connection.fetch(_TABLES)]
    functions = [row["name"] for row in await connection.fetch(_FUNCTIONS)]
    if await _is_restoring(connection):
        await _drop(connection, tables, functions)  # of a restore that was killed: nothing of anybody's
        return
    if tables and not replace:
        raise StoreRefused("it is not empty: add --replace, and what is in it is put aside")
    await connection.execute(f"CREATE SCHEMA {RESTORING}")
    if tables:
        await connection.execute(f"CREATE SCHEMA {aside}")
        for table in tables:
            await connection.execute(f'ALTER TABLE public."{table}" SET SCHEMA {aside}')
        for function in functions:
            await connection.execute(f"ALTER FUNCTION {function} SET SCHEMA {aside}")


async def _drop(connection: "asyncpg.Connection", tables: Sequence[str], functions: Sequence[str]) -> None:
    for table in tables:
        await connection.execute(f'DROP TABLE public."{table}" CASCADE')
    for function in functions:
        await connection.execute(f"DROP FUNCTION {function} CASCADE")


async def _is_restoring(connection: "asyncpg.Connection") -> bool:
    return bool(await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", RESTORING))


def _without_schema(listed: str) -> str:
    """The schema `public` itself is there already."""
    return "".join(line for line in listed.splitlines(keepends=True) if " SCHEMA - public " not in line)


async def _connect(url: str) -> "asyncpg.Connection":
    try:
        import asyncpg
    except ImportError:
        raise StoreRefused("PostgreSQL needs one more package: pip install 'letterkey[postgres]'") from None
    try:
        return await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise StoreRefused(f"PostgreSQL can't be reached: {error}") from error


async def _content(connection: "asyncpg.Connection") -> Content:
    tables = [row["tablename"] for row in await connection.fetch(_TABLES)]
    if "migrations" not in tables:
        return Content(0, {})
    counts = {name: int(await connection.fetchval(f'SELECT COUNT(*) FROM public."{name}"')) for name in tables}  # noqa: S608
    return Content(await connection.fetchval("SELECT COALESCE(MAX(number), 0) FROM public.migrations"), counts)


async def _run(name: str, url: str | None, arguments: Sequence[str]) -> str:
    """Run a program of PostgreSQL's; the password goes by the environment, for arguments are seen by everybody."""
    environment, database = dict(os.environ), []
    if url is not None:
        plain, password = _apart(url)
        database = [f"--dbname={plain}"]
        environment |= {"PGPASSWORD": password} if password else {}
    process = await asyncio.create_subprocess_exec(
        program(name), *arguments, *database, env=environment, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise StoreRefused(f"{name} failed: {err.decode('utf-8', 'replace').strip()}")
    return out.decode("utf-8", "replace")


def _apart(url: str) -> tuple[str, str | None]:
    """The URL without its password, and the password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url, None
    user, _, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}@{host}"
    return urlunsplit(parts._replace(netloc=netloc)), unquote(parts.password)

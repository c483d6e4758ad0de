"""A merchant's shop for backups: the real program beside a real sink, with files of its own beside the database."""

import json
import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

from support.program import Program, Running
from support.sales import sale
from support.sink import Sink

FIXED = {"LETTERKEY_MAIL__FROM": "Shop <shop@example.org>", "LETTERKEY_ALERTS__TO": "owner@example.org"}
MANY = {f"LETTERKEY_LIMITS__{name}": "1000" for name in ("PER_MINUTE", "PER_HOUR", "PER_DAY", "CLIENT_PER_MINUTE")}


def program_for(sink: Sink, state_dir: Path, database_url: str | None = None) -> Program:
    settings = {"LETTERKEY_STATE_DIR": str(state_dir), "LETTERKEY_MAIL__SMTP_URL": sink.url, **FIXED, **MANY}
    if database_url is not None:
        settings |= {"LETTERKEY_DATABASE_URL": database_url, "LETTERKEY_SECRET_KEYS": "k" * 40}
    return Program(settings)


async def do(program: Program, *words: str) -> str:
    """Run a command that succeeds; what it says."""
    code, out, err = await program.command(*words)
    assert code == 0, (words, out, err)
    return out


async def fail(program: Program, *words: str) -> str:
    """Run a command that fails in an orderly way; what it complains of."""
    code, out, err = await program.command(*words)
    assert code == 1, (words, out, err)
    assert "unexpected" not in err, err
    return err


async def counts(program: Program) -> dict[str, int]:
    found: dict[str, int] = json.loads(await do(program, "status", "--json"))["outbox"]
    return found


async def settled(program: Program, running: Running, sent: int) -> dict[str, int]:
    """The outbox's counts, once so many are sent and nothing is on its way any more but what the sink puts off."""
    for _ in range(200):
        found = await counts(program)
        if found["sent"] >= sent and not found["due"] + found["sending"]:
            return found
    raise AssertionError(f"still on their way: {found}; {running.journal[-5:]}")


def sales(numbers: Sequence[int], **more: object) -> list[dict[str, object]]:
    return [sale(number, **more) for number in numbers]


def invoice_numbers(sink: Sink) -> list[int]:
    """The numbers that customers were told, each time they were."""
    texts = (mail.message().get_body(("plain",)) for mail in sink.mails)
    said = (re.search(r"Invoice (\d+)", body.get_content()) for body in texts if body is not None)
    return sorted(int(match[1]) for match in said if match)


def rows(file: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(connect(file)) as connection:
        return connection.execute(sql).fetchall()

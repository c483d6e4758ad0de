"""The merchant's command that prints an XOAUTH2 token: run without a shell, with a limit of time and length.

Rules: it never sees our own settings, which hold secrets; what it prints goes to the mailbox host and nowhere else.
"""

import asyncio
import os
import re
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

LONGEST_TOKEN = 16 * 1024
"""Bytes: real ones have one or two thousand."""
_TOKEN = re.compile(rb"[!-~]+")


async def print_token(command: Sequence[str], seconds: float) -> str | None:
    """The token that the command printed; None where it failed, took too long or printed something else."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LETTERKEY_")}
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
        )
    except (OSError, ValueError):
        return None
    try:
        async with asyncio.timeout(seconds):
            printed = await _read(process)
            ended = await process.wait()
    except TimeoutError:
        return None
    finally:
        await _end(process)
    token = printed.strip()
    return token.decode("ascii") if ended == 0 and _TOKEN.fullmatch(token) else None


async def _read(process: Process) -> bytes:
    assert process.stdout is not None, "its output is a pipe"
    printed = b""
    while len(printed) <= LONGEST_TOKEN and (piece := await process.stdout.read(LONGEST_TOKEN)):
        printed += piece
    return printed if len(printed) <= LONGEST_TOKEN else b""


async def _end(process: Process) -> None:
    """Nothing of it stays, not even what it started."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        await process.wait()

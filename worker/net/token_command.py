"""The merchant's command that prints an XOAUTH2 token: run without a shell, with a limit of time and length.

Rules: it never sees our own settings, which hold secrets; what it prints goes to the mailbox host and nowhere else.
"""

import asyncio
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

LONGEST_TOKEN = 16 * 1024
"""Bytes: real ones have one or two thousand."""
_END_SECONDS = 2.0
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
            token = (await _read(process)).strip()
            if len(token) > LONGEST_TOKEN or await process.wait() != 0 or not _TOKEN.fullmatch(token):
                return None
            return token.decode("ascii")
    except TimeoutError:
        return None
    finally:
        await _end(process)


async def _read(process: Process) -> bytes:
    assert process.stdout is not None, "its output is a pipe"
    printed = b""
    while len(printed) <= LONGEST_TOKEN and (piece := await process.stdout.read(LONGEST_TOKEN)):
        printed += piece
    return printed


async def _end(process: Process) -> None:
    """Nothing of it stays, not even what it started; asyncio sees its end only once its output is read to the end."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            while process.stdout is not None and await process.stdout.read(LONGEST_TOKEN):
                pass
            await process.wait()

"""Whether this machine's clock is kept by NTP, as systemd says."""

import asyncio
from contextlib import suppress

_COMMAND = ("timedatectl", "show", "--property=NTPSynchronized", "--value")
_SECONDS = 3.0
_WORDS = {b"yes": True, b"no": False}


async def is_kept() -> bool | None:
    """None where nobody can tell: no systemd, or a container."""
    nowhere = asyncio.subprocess.DEVNULL
    try:
        asked = await asyncio.create_subprocess_exec(
            *_COMMAND, stdin=nowhere, stdout=asyncio.subprocess.PIPE, stderr=nowhere
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_SECONDS):
            said, _ = await asked.communicate()
    except TimeoutError:
        with suppress(ProcessLookupError):
            asked.kill()
        await asked.wait()
        return None
    return _WORDS.get(said.strip())

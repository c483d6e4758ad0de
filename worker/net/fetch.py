"""Fetch a small thing over https from an address that is known to be good.

Rules: certificates are checked, redirects are not followed, size and time have limits; whatever goes wrong is None.
"""

import aiohttp

LARGEST = 64 * 1024
SECONDS = 10.0


async def fetch(address: str) -> bytes | None:
    """What lies there, None where it can't be had."""
    if not address.startswith("https://"):
        return None
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(address, allow_redirects=False) as answer,
        ):
            found = await answer.content.read(LARGEST + 1)
            return found if answer.status == 200 and len(found) <= LARGEST and answer.content.at_eof() else None
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return None

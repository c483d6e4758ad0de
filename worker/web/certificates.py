"""Certificates that prove what strangers tell: fetched by a function that is passed in, and kept in memory for a day.

One that can't be had anew goes on being used: whether it is still good is for who verifies to say.
"""

from worker.core.instant import DAY
from worker.web.hub import HubServer

MOST_CERTIFICATES = 16
"""They change once a year; more would be somebody's attempt to fill the memory."""


async def certificate_at(hub: HubServer, address: str) -> bytes | None:
    """What lies at an address that was found good, None where it can't be had now."""
    now, (at, kept) = hub.clock.now(), hub.certificates.get(address, (0, None))
    if kept is not None and now - at < DAY:
        return kept
    found = await hub.fetch(address)
    if found is not None and (address in hub.certificates or len(hub.certificates) < MOST_CERTIFICATES):
        hub.certificates[address] = (now, found)
    return found or kept

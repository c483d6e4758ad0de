"""Certificates that prove what strangers tell: fetched once, by a function that is passed in, and kept in memory."""

from worker.web.hub import HubServer

MOST_CERTIFICATES = 16
"""They change once a year; more would be somebody's attempt to fill the memory."""


async def certificate_at(hub: HubServer, address: str) -> bytes | None:
    """What lies at an address that was found good, None where it can't be had now."""
    found = hub.certificates.get(address) or await hub.fetch(address)
    if found is not None and len(hub.certificates) < MOST_CERTIFICATES:
        hub.certificates[address] = found
    return found

"""Certificates, looked at from both sides: one that a server shows, and one that we would show ourselves."""

import asyncio
import ssl
from pathlib import Path

from worker.net.server_tls import server_context

_PARTIAL_CHAIN = 0x80000
"""X509_V_FLAG_PARTIAL_CHAIN: the certificate itself is what is trusted, for its authority isn't the question here."""


async def shown_until(address: str, port: int, name: str, seconds: float) -> int | None:
    """When the certificate ends that a server shows for `name`, in microseconds; None where it shows no good one."""
    try:
        async with asyncio.timeout(seconds):
            context = ssl.create_default_context()
            _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=name)
    except (OSError, TimeoutError, UnicodeError):
        return None
    certificate = writer.get_extra_info("peercert")
    writer.transport.abort()
    return _ends(certificate)


def own_until(certificate: Path, key: Path) -> int:
    """When our own certificate ends, in microseconds, shown to ourselves in memory.

    Raises OSError (ssl.SSLError is one) where it can't be used.
    """
    server = server_context(certificate, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= _PARTIAL_CHAIN
    client.load_verify_locations(certificate)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True))
    for _ in range(4):  # a handshake takes two rounds
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return _ends(ends[0].getpeercert() or {})


def _ends(certificate: object) -> int:
    assert isinstance(certificate, dict)
    return int(ssl.cert_time_to_seconds(certificate["notAfter"])) * 1_000_000

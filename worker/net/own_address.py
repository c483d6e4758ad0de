"""The address by which this machine goes out to the Internet, where it is its own and not a network's private one."""

import socket
from ipaddress import ip_address

_ANYWHERE = ("192.0.2.1", 53)
"""Of nobody (RFC 5737); no packet is sent, the system only says which way one would go."""


def own_public_address() -> str | None:
    """The IPv4 address, None where it is private or there is no way out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ANYWHERE)
            found: str = probe.getsockname()[0]
        except OSError:
            return None
    return found if ip_address(found).is_global else None

"""The network that a client counts as: a /32 of IPv4, a /64 of IPv6, for whoever has one of these has all of it."""

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_address(text: str) -> Address | None:
    """An address without its zone, IPv4 where it is IPv4 in IPv6's clothes; None for anything else."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_in(address: Address | None, networks: Iterable[Network]) -> bool:
    """Whether the address belongs to one of these networks."""
    return address is not None and any(address.version == each.version and address in each for each in networks)


def network_of(address: Address | None) -> str:
    """The name that this client is counted under."""
    if address is None:
        return "unknown"
    return str(ipaddress.ip_network((address, 64 if address.version == 6 else 32), strict=False))

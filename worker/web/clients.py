"""Who asks, as far as the network tells: a /32 of IPv4, a /64 of IPv6, and how often each may ask.

Rules: only proxies that the merchant trusts may say whom they ask for; the count is bounded in memory, and it is one
process's own.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from worker.core.client_network import Network, is_in, network_of, read_address

MOST_CLIENTS = 50_000
"""A few megabytes; beyond, whoever asked least lately is forgotten."""
_MINUTE = 60.0


@dataclass(slots=True)
class ClientGate:
    """How often each network asked: for each, the moment at which its allowance is whole again (GCRA)."""

    whole_at: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def wait(self, client: str, per_minute: int, now: float) -> float:
        """Seconds until this network may ask, 0 where it may now (and did). `now` is monotonic."""
        whole_at = max(now, self.whole_at.get(client, now)) + _MINUTE / per_minute
        if whole_at - now > _MINUTE + 1e-6:
            return whole_at - now - _MINUTE
        self.whole_at[client] = whole_at
        self.whole_at.move_to_end(client)
        if len(self.whole_at) > MOST_CLIENTS:
            self.whole_at.popitem(last=False)
        return 0.0


def client_network(request: web.Request, trusted: Sequence[Network]) -> str:
    """The network a request comes from, after trusted proxies."""
    said = [part.strip() for value in request.headers.getall("X-Forwarded-For", []) for part in value.split(",")]
    address = read_address(request.remote or "")
    while said and is_in(address, trusted):
        address = read_address(said.pop())
    return network_of(address)

"""All callers of the mail door together: how many there may be, and how many bytes they have brought that aren't kept.

Rules: whoever comes counts by network, so that nobody holds all places. A mail server in front brings everybody's mail,
so a trusted peer may hold half of them; the other half stays for strangers.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from worker.core.client_network import Network, is_in, network_of, read_address

MOST_CALLERS, MOST_FROM_ONE_PEER, MOST_FROM_TRUSTED = 100, 5, 50
MOST_IN_FLIGHT = 64 * 1024 * 1024
"""Bytes of all mails that are being taken: what this process may be made to hold in memory."""
FINISH_SECONDS = 10.0
"""How long a stopping door waits for mails that are being taken."""


class Caller(Protocol):
    def dismiss(self) -> None:
        """The door closes: goodbye, unless a mail is being taken."""

    def abort(self) -> None:
        """No more patience."""


@dataclass(slots=True, eq=False)
class Room:
    """Who is in. `trusted` are the networks of mail servers in front."""

    trusted: Sequence[Network] = ()
    callers: dict[Caller, str] = field(default_factory=dict)
    peers: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    closing: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, caller: Caller, peer: str) -> bool:
        """Whether there is a place for one more from this address."""
        address = read_address(peer)
        most = MOST_FROM_TRUSTED if is_in(address, self.trusted) else MOST_FROM_ONE_PEER
        network = network_of(address)
        if len(self.callers) >= MOST_CALLERS or self.peers[network] >= most:
            return False
        self.callers[caller] = network
        self.peers[network] += 1
        return True

    def exit(self, caller: Caller) -> None:
        """Gives the place back; once is enough."""
        network = self.callers.pop(caller, None)
        if network is not None:
            self.peers -= Counter({network: 1})
            self.left.set()

    def reserve(self, count: int) -> bool:
        """Whether so many more bytes may be held; negative gives them back."""
        if count > 0 and self.in_flight + count > MOST_IN_FLIGHT:
            return False
        self.in_flight += count
        return True

    def close(self) -> None:
        """Nobody comes in any more; who waits hears goodbye, who brings a mail may finish."""
        self.closing = True
        for caller in list(self.callers):
            caller.dismiss()

    async def empty(self) -> None:
        """Until all have left, some with less patience than others."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_SECONDS):
                while self.callers:
                    self.left.clear()
                    await self.left.wait()
        for caller in list(self.callers):
            caller.abort()

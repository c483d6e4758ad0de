"""What every handler works with: one frozen value that the composition root makes and each handler gets first."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.clock import Clock
from worker.core.fresh import Fresh
from worker.metrics import Metrics
from worker.render.brand import Brand
from worker.render.environment import Stationery
from worker.settings import Keys, Settings
from worker.sources.event import Source
from worker.store.engine import Store


@dataclass(frozen=True, slots=True)
class HubServer:
    """`sources` are the readers by their kind. `stopping` is set once no new work shall be begun."""

    store: Store
    clock: Clock
    settings: Settings
    keys: Keys
    stationery: Stationery
    brand: Brand
    metrics: Metrics
    sources: Mapping[str, Source]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def fresh(self) -> Fresh:
        """Now, and new ids, for one action."""
        return Fresh(self.clock.now(), self.clock.new_id, self.clock.secret_id)

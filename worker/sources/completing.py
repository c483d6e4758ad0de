"""How a provider is asked for what one of its events leaves out, and so can't be read by itself."""

from collections.abc import Callable
from dataclasses import dataclass

from worker.core.raw_event import RawEvent
from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Trouble
from worker.sources.event import Told


@dataclass(frozen=True, slots=True)
class Completing:
    """`names` are the events', in the provider's words. `ask` gives None for one that names nothing to ask for, `read`
    what event and answer tell together. Neither raises.
    """

    source: str
    names: frozenset[str]
    ask: Callable[[Account, RawEvent], Call | None]
    read: Callable[[RawEvent, Answer], Told | Trouble]

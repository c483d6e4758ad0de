"""How an account's history is read through its provider's API, a page at a time.

Rules: a source says what to ask and reads what came; whoever imports sends, waits and keeps. An object of the API is
read as the events tell of it, under the same transaction ids, so what is imported and told again later is one. A place
is all that must be remembered to go on.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from worker.core.web_call import Answer, Call
from worker.sources.account import Account, Login, Trouble
from worker.sources.event import Reading, Unreadable
from worker.sources.picking import UnpickableError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: in which part of the history, and behind which object (None: at its beginning)."""

    part: str
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """An object of the provider's, by its id there, and what it tells."""

    name: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Page:
    """What came, oldest first; the next page is at `next`, None after the last. `note` is for the merchant."""

    items: tuple[Item, ...]
    next: Place | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Backfill:
    """The history of `source`, its `parts` in the order in which they are read.

    `ask` takes the moment before which nothing is wanted, `read` the moment of asking: what has no time of its own
    stands like that then.
    """

    source: str
    parts: tuple[str, ...]
    ask: Callable[[Account, Place, int | None], Call]
    read: Callable[[Place, Answer, int], Page | Trouble]
    login: Login | None = None

    @property
    def first(self) -> Place:
        """Where a history begins."""
        return Place(self.parts[0])

    def behind(self, part: str) -> Place | None:
        """The beginning of the part that comes next."""
        following = self.parts[self.parts.index(part) + 1 :]
        return Place(following[0]) if following else None


def item_of(name: str, read: Callable[[], Reading]) -> Item:
    """The item, with every failure to read it as a value: one odd object never stops a history."""
    try:
        return Item(name, read())
    except UnpickableError as error:
        return Item(name, Unreadable(error.reason, error.field))
    except Exception as error:  # a reader's own mistake concerns this object alone
        return Item(name, Unreadable(f"took the reader by surprise ({type(error).__name__})", ""))


def place_to_text(place: Place) -> str:
    """The place as the database keeps it."""
    return json.dumps([place.part, place.after])


def place_from_text(text: str) -> Place:
    """The place that the database kept."""
    part, after = json.loads(text)
    return Place(part, after)

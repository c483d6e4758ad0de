"""An account's history, read through its provider's API: asked for page by page, each kept in one transaction.

Rules: where it stopped stands in the database, so it may be stopped at any moment and run again; a provider that is
busy or away is asked again, later and later; a key that is refused ends it at once.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial

from worker.actions.accept_transaction import Telling
from worker.actions.import_history import Taken, begin_import, counted, finish_import, turn_page
from worker.actions.keep_alone import Until
from worker.asking.logins import Logins
from worker.commands.drawing_up import draw_up
from worker.commands.opening import AskedWrongly, CantGoOn, Desk
from worker.commands.taking_in import Rehearsal, ends_at_for, take_each
from worker.commands.terminal import progress, remark
from worker.core.history import Tally
from worker.core.web_call import Answer, Call, Caller
from worker.net.web_call import calling
from worker.sources import BACKFILLS, SOURCES
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Backfill, Item, Page, Place, place_from_text, place_to_text
from worker.sources.event import Ignored, Linked, Told, Unreadable, as_tests
from worker.store.engine import StoreUnavailable
from worker.store.imports import ImportRow


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: between two questions (providers count them), and after a question that brought nothing, twice as long
    each time, `tries` times."""

    between: float = 0.05
    first: float = 1.0
    most: float = 60.0
    tries: int = 8


@dataclass(slots=True)
class AccountImport:
    """The import of one account's history; the parts that were `begun_anew`, for a page that was gone, were so once."""

    desk: Desk
    name: str
    backfill: Backfill
    account: Account
    call: Caller
    patience: Patience = Patience()
    logins: Logins = field(init=False)
    begun_anew: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.logins = Logins(self.call)

    async def run(self, since: int | None) -> Tally:
        """All of it, or what is left of an import that was stopped. Raises CantGoOn."""
        begun = ImportRow(self.name, self.desk.clock.now(), since, place_to_text(self.backfill.first), Tally())
        row = await self.desk.store.write(lambda tx: begin_import(tx, begun))
        if row.began_at != begun.began_at:
            remark(f"Going on where the last import stopped, {row.tally.read} read so far.")
        tally = row.tally
        while row.place is not None:
            place = place_from_text(row.place)
            page, next_place = await self._page(place, since)
            tally = await self._keep(row, page, next_place)
            progress(f"{tally.read} read, now {place.part}")
            row = replace(row, place=place_to_text(next_place) if next_place is not None else None, tally=tally)
        await draw_up(self.desk, self.name, lambda done: progress(f"{tally.read} read, {done} drawn up"))
        fresh = self.desk.fresh()
        await self.desk.store.write(lambda tx: finish_import(tx, row, tally, fresh))
        return tally

    async def rehearse(self, since: int | None) -> Tally:
        """What an import would bring; nothing is kept."""
        tally, place, until = Tally(), self.backfill.first, Until(await ends_at_for(self.desk, self.name))
        rehearsal = Rehearsal(self.desk)
        following: Place | None = place
        while following is not None:
            place = following
            page, following = await self._page(place, since)
            told, besides = self._sorted(page)
            kept = await rehearsal.take_all(told, until)
            tally += besides + counted([end for end in kept if isinstance(end, Taken)])
            progress(f"{tally.read} read, now {place.part}")
        return tally

    async def _page(self, place: Place, since: int | None) -> tuple[Page, Place | None]:
        trouble: Trouble | None = None
        for number in range(self.patience.tries):
            if trouble is not None:
                await asyncio.sleep(self._pause(trouble, number))
            await asyncio.sleep(self.patience.between)
            asked_at = self.desk.clock.now()
            question = partial(_question, self.backfill, place, since)
            answer = await self.logins.ask(self.account, self.backfill.login, question)
            found = self.backfill.read(place, answer, asked_at) if isinstance(answer, Answer) else answer
            if isinstance(found, Page):
                if found.note:
                    remark(found.note)
                return found, found.next
            if found.cause is Cause.LOST and place.after is not None and place.part not in self.begun_anew:
                self.begun_anew.add(place.part)
                remark(found.reason)
                return Page((), Place(place.part)), Place(place.part)
            if found.cause is not Cause.LATER:
                raise CantGoOn(_advice(found, self.name))
            trouble = found
        assert trouble is not None, "there is at least one try"
        raise CantGoOn(_advice(trouble, self.name))

    def _pause(self, trouble: Trouble, number: int) -> float:
        grown = min(self.patience.first * 2 ** (number - 1), self.patience.most) * random.uniform(0.5, 1.0)
        seconds = grown if trouble.seconds is None else max(trouble.seconds, self.patience.between)
        progress(f"{trouble.reason}; asking again in {seconds:.0f} s")
        return seconds

    async def _keep(self, row: ImportRow, page: Page, next_place: Place | None) -> Tally:
        told, besides = self._sorted(page)
        until, fresh = Until(await ends_at_for(self.desk, self.name)), self.desk.fresh()
        following = place_to_text(next_place) if next_place is not None else None
        try:
            so_far = await self.desk.store.write(
                lambda tx: turn_page(tx, row, following, (told, besides, until), fresh)
            )
        except StoreUnavailable:
            raise
        except Exception:  # something in it can't be kept: all but that is
            kept = await take_each(self.desk, told, until)
            besides += counted([end for end in kept if isinstance(end, Taken)])
            besides += Tally(odd=Counter(end for end in kept if not isinstance(end, Taken)))
            so_far = await self.desk.store.write(lambda tx: turn_page(tx, row, following, ((), besides, until), fresh))
        if so_far is None:
            raise CantGoOn(f"another import of {self.name} is at work; let it come to its end")
        return so_far

    def _sorted(self, page: Page) -> tuple[list[Telling], Tally]:
        """What a page tells, and how many of its objects tell nothing."""
        tests = SOURCES[self.backfill.source].is_for_tests(self.account)
        readings = [as_tests(each.reading) if tests else each.reading for each in page.items]
        told = [
            Telling(self.name, each, so_far=reading.so_far)
            for reading in readings
            if isinstance(reading, Told)
            for each in reading.transactions
        ]
        silent = sum(isinstance(item.reading, Ignored | Linked) for item in page.items)
        odd = [item for item in page.items if isinstance(item.reading, Unreadable)]
        for item in odd:
            remark(f"{item.name}: {_why(item)}")
        return told, Tally(read=len(page.items), silent=silent, odd=Counter(map(_why, odd)))


async def import_account(desk: Desk, name: str, since: int | None, *, rehearsal: bool) -> Tally:
    """The history of the account that the settings call `name`. Raises AskedWrongly or CantGoOn."""
    backfill, account = _account(desk, name)
    async with calling() as call:
        work = AccountImport(desk, name, backfill, account, call)
        return await (work.rehearse(since) if rehearsal else work.run(since))


def _account(desk: Desk, name: str) -> tuple[Backfill, Account]:
    settings = desk.settings.sources[name]
    backfill = BACKFILLS.get(settings.kind)
    if backfill is None:
        raise AskedWrongly(f"nobody can be asked for {name}'s history; write it into a file, and import that")
    if settings.api_key is None:
        raise AskedWrongly(
            f"sources.{name}.api_key is not set; make a key at {settings.kind} that may only read, and write it there"
        )
    return backfill, Account(settings.api_key.get_secret_value(), settings.api_url)


def _question(backfill: Backfill, place: Place, since: int | None, account: Account) -> Call:
    return backfill.ask(account, place, since)


def _advice(trouble: Trouble, name: str) -> str:
    match trouble.cause:
        case Cause.DENIED:
            return f"{trouble.reason}. Mend the key in sources.{name}.api_key, and run the same command again"
        case Cause.LOST:
            return f"{trouble.reason}. Is sources.{name}.api_url right, if it is set? Then run the same command again"
        case Cause.LATER:
            return f"{trouble.reason}, again and again. Run the same command later: it goes on where it stopped"
        case _:
            return f"{trouble.reason}. What was read so far is kept; the same command goes on where it stopped"


def _why(item: Item) -> str:
    assert isinstance(item.reading, Unreadable)
    return f"{item.reading.field}: {item.reading.reason}" if item.reading.field else item.reading.reason

"""A desk over a database: it tells transactions as sources do, issues what is due, and shows what came of it."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

from support.databases import START, Database, SetClock
from worker.actions.accept_transaction import Answer, Telling, accept_transaction
from worker.actions.import_history import Taken, take_in
from worker.actions.issue_receipt import Issued, Result, draw_imported, issue_receipt
from worker.actions.keep_alone import Until
from worker.actions.understand_event import accept_told, begin_event, keep_events, link_told
from worker.clock import ordered_id
from worker.core.fresh import Fresh
from worker.core.instant import SECOND
from worker.core.invoice import Seller
from worker.core.policy import Policy, ReceiptPolicy
from worker.core.transaction import Customer, Kind, Line, Payment, Transaction
from worker.sources.event import Told
from worker.store import customers, events, invoices, outbox, outbox_counts, transactions
from worker.store.customers import CustomerRow
from worker.store.engine import Store, Tx
from worker.store.events import KeptEvent, NewEvent
from worker.store.invoices import InvoiceRow
from worker.store.outbox import OutboxItem
from worker.store.transactions import TransactionRow

POLICY = Policy(
    seller=Seller("Shop"),
    receipts=ReceiptPolicy(),
    message_domain="shop.example",
    alerts_to=("merchant@shop.example",),
)
ADA = Customer(email="ada@example.com", ref="cus_1", name="Ada L.")
COURSE = Line("Course", Decimal(1), 4900)


def rich(source_id: str, *references: str, **changes: object) -> Transaction:
    """A sale told with its lines."""
    return replace(bare(source_id, *references), **{"lines": (COURSE,), **changes})  # type: ignore[arg-type]


def bare(source_id: str, *references: str, **changes: object) -> Transaction:
    """The same sale told as a charge, without lines."""
    told = Transaction(
        id=source_id,
        kind=Kind.SALE,
        occurred_at=START,
        currency="EUR",
        total=4900,
        customer=ADA,
        payment=Payment(references=references),
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def refund(source_id: str, of: str, total: int = 4900, **changes: object) -> Transaction:
    """Money given back, told without a word about the customer."""
    told = bare(source_id, kind=Kind.REFUND, refund_of=of, total=total, customer=Customer())
    return replace(told, **changes)  # type: ignore[arg-type]


@dataclass(eq=False)
class Desk:
    """`issued` is every document that was issued, in its order."""

    database: Database
    policy: Policy = POLICY
    issued: list[Issued] = field(default_factory=list)
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def store(self) -> Store:
        return self.database.store

    @property
    def clock(self) -> SetClock:
        return self.database.clock

    @property
    def fresh(self) -> Fresh:
        return Fresh(self.clock.now(), self.new_id, lambda: f"secret-{next(self._count)}")

    def new_id(self) -> str:
        # Within one moment ids sort by the order of their making here: what comes of it can be repeated.
        return ordered_id(self.clock.now(), next(self._count))

    async def tell(self, *told: Transaction, source: str = "stripe") -> list[Answer]:
        """Tell these one after another."""
        return [await self._tell(self.store, each, source) for each in told]

    async def tell_at_once(self, told: Sequence[tuple[str, Transaction]]) -> list[Answer]:
        """Tell these (source, transaction) at the same moment, through two processes."""
        stores = itertools.cycle((self.store, await self.database.another()))
        return await asyncio.gather(*(self._tell(next(stores), each, source) for source, each in told))

    async def _tell(self, store: Store, told: Transaction, source: str) -> Answer:
        fresh = self.fresh
        return await store.write(lambda tx: accept_transaction(tx, Telling(source, told), fresh))

    async def take_in(self, *told: Transaction, source: str = "stripe") -> list[Taken]:
        """Import these, without drawing anything up yet."""
        fresh = self.fresh
        return await self.store.write(lambda tx: take_in(tx, [Telling(source, each) for each in told], Until(), fresh))

    async def draw(self, source: str = "stripe") -> None:
        """Draw up what was imported, as an import does at its end."""
        fresh = self.fresh
        for refunds in (False, True):
            undrawn = partial(transactions.undrawn, source=source, after="", most=10_000, refunds=refunds)
            for each in await self.store.read(undrawn):
                draw = partial(draw_imported, transaction_id=each, policy=self.policy, fresh=fresh)
                self._note(await self.store.write(draw))

    async def event(self, event_id: str, source: str = "stripe") -> KeptEvent:
        """A kept event whose try has begun."""
        fresh, our_id = self.fresh, self.new_id()
        new = NewEvent(our_id, source, event_id, "paid", fresh.now, {}, b"{}")

        async def keep(tx: Tx) -> KeptEvent:
            assert await keep_events(tx, [new])
            kept = await events.by_id(tx, our_id)
            assert kept is not None
            assert await begin_event(tx, kept, fresh)
            return kept

        return await self.store.write(keep)

    async def tell_event(
        self, event_id: str, *told: Transaction, linked: tuple[str, ...] = (), so_far: bool = False
    ) -> None:
        event, fresh, reading = await self.event(event_id), self.fresh, Told(told, linked, so_far=so_far)
        assert await self.store.write(lambda tx: accept_told(tx, event, reading, fresh)) is not None

    async def link(self, event_id: str, *references: str) -> None:
        """An event says that these references are one payment."""
        event, fresh = await self.event(event_id), self.fresh
        await self.store.write(lambda tx: link_told(tx, event, references, fresh))

    async def issue(self) -> list[Issued]:
        """Issue what is due now, one after another, until nothing is."""
        return await self._issue_all(lambda: self.store, at_once=False)

    async def issue_at_once(self) -> list[Issued]:
        """Issue what is due now, each by two processes at the same moment."""
        stores = itertools.cycle((self.store, await self.database.another()))
        return await self._issue_all(lambda: next(stores), at_once=True)

    async def _issue_all(self, store: Callable[[], Store], *, at_once: bool) -> list[Issued]:
        ends: list[Issued] = []
        while due := await self.due():
            if at_once:
                ends += await asyncio.gather(*(self.issue_one(each, store()) for each in due for _ in range(2)))
            else:
                ends += [await self.issue_one(each, store()) for each in due]
        return ends

    async def issue_one(self, transaction_id: str, store: Store | None = None) -> Issued:
        fresh = self.fresh
        end = await (store or self.store).write(lambda tx: issue_receipt(tx, transaction_id, self.policy, fresh))
        self._note(end)
        return end

    def _note(self, end: Issued) -> None:
        if end.result is Result.ISSUED:
            self.issued.append(end)

    async def later(self, seconds: float) -> list[Issued]:
        """Let time pass, then issue what is due."""
        await self.database.pass_seconds(seconds)
        return await self.issue()

    async def due(self) -> list[str]:
        now = self.clock.now()
        return await self.store.read(lambda tx: transactions.due(tx, now, 10_000))

    @property
    def numbers(self) -> list[int]:
        """The numbers of our series that were taken, in order."""
        return sorted(int(each.number) for each in self.issued if each.number is not None)

    async def row(self, source_id: str, source: str = "stripe") -> TransactionRow:
        found = await self.store.read(lambda tx: transactions.by_source_id(tx, source, source_id))
        assert found is not None
        return found

    async def document(self, source_id: str, source: str = "stripe") -> InvoiceRow | None:
        """The document of the payment that this telling belongs to."""
        payment_id = (await self.row(source_id, source)).payment_id
        return await self.store.read(lambda tx: invoices.of_payment(tx, payment_id))

    async def mails(self, address: str = "ada@example.com") -> list[OutboxItem]:
        """Mails to an address, oldest first."""
        return (await self.store.read(lambda tx: outbox.to_address(tx, address)))[::-1]

    async def outbox(self) -> dict[str, int]:
        return {state: n for state, n in (await self.store.read(outbox_counts.counts)).items() if n}

    async def waiting(self) -> dict[str, int]:
        return await self.store.read(transactions.waiting_counts)

    async def known(self, address: str) -> CustomerRow | None:
        return await self.store.read(lambda tx: customers.by_email(tx, address))

    async def customer(self, address: str = "ada@example.com") -> CustomerRow:
        found = await self.known(address)
        assert found is not None
        return found

    async def customer_by_ref(self, ref: str, source: str = "stripe") -> CustomerRow | None:
        return await self.store.read(lambda tx: customers.by_ref(tx, source, ref))


def at(seconds: float) -> int:
    """The moment so many seconds after the clock's start."""
    return START + int(seconds * SECOND)

"""What a customer's page offers is what its buttons do: each is pressed, and those that aren't offered are, too."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from support.databases import START
from support.desk import ADA, Desk, rich
from worker.actions.ask_provider import Answer
from worker.actions.cancel_subscription import CancelAnswer, CancelPolicy, cancel_subscription
from worker.actions.change_subscription import change_subscription
from worker.core.instant import DAY
from worker.core.rights import Act, Allowed
from worker.core.transaction import Address, Subscription
from worker.sources import ACTINGS, SOURCES
from worker.sources.account import Account
from worker.sources.offers import ACTS
from worker.sources.ways import Reach, Ways
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.web.own_plans import own_plans

pytestmark = pytest.mark.parametrize("database", ["sqlite-inline", "postgres"], indirect=True)
REFS = {"stripe": "sub_1", "paypal": "I-BW452GLLEP1G", "thrivecart": "41000556:product-12"}
NEXT = START + 30 * DAY
ADDRESS = Address(line1="Weg 1", city="Ulm", postal_code="89073")
SETTINGS = [Allowed(), Allowed(cancel=False, split_pay=True, pause=True)]


class UnpressedError(Exception):
    """What was pressed is not to stay."""


def plans(kind: str) -> Iterator[Subscription]:
    plan = Subscription(ref=REFS.get(kind, "S-7"), interval="month", next_payment_at=NEXT, next_amount=4900)
    for status in ("trialing", "active", "past_due", "paused", "cancelled", "completed"):
        yield replace(plan, status=status)
    yield replace(plan, status="active", cancel_at=NEXT)
    yield replace(plan, status="active", payments_total=12)


def policy_of(kind: str, allowed: Allowed, *, key: bool) -> CancelPolicy:
    reach = Reach(ACTINGS.get(kind), Account("key") if key and kind in ACTINGS else None)
    return CancelPolicy(allowed, ("merchant@shop.example",), "shop.example", Ways({kind: reach}, allowed.pause))


async def accepted(desk: Desk, act: Act, customer: CustomerRow, plan: tuple[str, str], policy: CancelPolicy) -> bool:
    """Whether the press does what it says; it is taken back."""
    answers: list[bool] = []

    async def press(tx: Tx) -> None:
        if act is Act.CANCEL:
            cancelling = await cancel_subscription(tx, customer.id, plan, policy, desk.fresh)
            answers.append(cancelling.answer is CancelAnswer.RECEIVED)
        else:
            asking = await change_subscription(tx, customer.id, plan, (act, policy), desk.fresh)
            answers.append(asking.answer in (Answer.ASKED, Answer.TAKEN_BACK))
        raise UnpressedError

    with pytest.raises(UnpressedError):
        await desk.store.write(press)
    return answers[-1]


@pytest.mark.parametrize("kind", [*SOURCES, "api"])
async def test_each_button_is_honoured_and_no_other_press_is(desk: Desk, kind: str) -> None:
    owners = [
        replace(ADA, email=f"{country}@example.com", ref=country, address=replace(ADDRESS, country=country.upper()))
        for country in ("de", "ch")
    ]
    for number, (plan, buyer) in enumerate(product(plans(kind), owners)):
        own = replace(plan, ref=renamed(plan.ref, number))
        await desk.tell(rich(f"in_{number}", f"in_{number}", customer=buyer, subscription=own), source=kind)
    count = 0
    for buyer, allowed, key in product(owners, SETTINGS, (False, True)):
        customer, policy = await desk.customer(buyer.email or ""), policy_of(kind, allowed, key=key)
        shown = await desk.store.read(lambda tx: own_plans(tx, customer, policy, START))  # noqa: B023
        for found in shown:
            name = (found.row.source, found.row.ref)
            pressed = [act for act in ACTS if await accepted(desk, act, customer, name, policy)]
            assert pressed == list(found.own.acts), (found.row, allowed, key)
            count += 1
    assert count == 8 * len(owners) * len(SETTINGS) * 2


def renamed(ref: str, number: int) -> str:
    """Another subscription of the same provider's."""
    return f"{number}{ref}" if ref[0].isdigit() else f"{ref}{number}"

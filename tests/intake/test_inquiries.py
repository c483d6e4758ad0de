"""Receipts wait for an address that only the provider knows: it is asked, once, and what it says counts."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from support.desk import Desk, bare
from support.stripe_api import KEY, StripeApi, running_stripe_api
from worker.asking.logins import Logins
from worker.clock import Clock
from worker.commands.asked import asked_words
from worker.core.inquiry import Standing, next_at, pause_after
from worker.core.instant import DAY, HOUR, MINUTE
from worker.core.transaction import Customer
from worker.core.web_call import Answer, Call, NoAnswer, Why
from worker.intake.inquiries import LEFT_ALONE, Asked, Inquirer, LateAddresses
from worker.net.web_call import calling
from worker.sources import LOOKUPS
from worker.sources.account import Account
from worker.store import inquiries, progress

WITHOUT_ADDRESS = Customer(ref="cus_1", name="Ada L.")


@dataclass(eq=False)
class Asking:
    """A Stripe that is asked for what a desk's receipts wait for."""

    desk: Desk
    api: StripeApi
    logins: Logins
    key: str = KEY
    names: tuple[str, ...] = ("stripe",)
    at: float = 0.0
    inquirer: Inquirer = field(init=False)

    def __post_init__(self) -> None:
        self.inquirer = self.another()

    def another(self) -> Inquirer:
        """As a second process has it."""
        return Inquirer(self.late)

    def late(self) -> LateAddresses:
        asked = Asked(LOOKUPS["stripe"], Account(self.key, self.api.url))
        accounts: Mapping[str, Asked] = dict.fromkeys(self.names, asked)
        desk = self.desk
        clock = Clock(desk.clock.now, lambda: self.at, desk.new_id, desk.new_id, asyncio.sleep)
        return LateAddresses(desk.store, clock, desk.policy, self.logins, accounts)

    async def after(self, seconds: float) -> None:
        """Time passes, receipts are issued, and there is a round of asking."""
        await self.desk.later(seconds)
        self.at += seconds
        await self.inquirer.round(self.late())

    async def words(self, source_id: str = "ch_1") -> str:
        """What `letterkey events list` says of the receipt."""
        row = await self.desk.row(source_id)
        found = await self.desk.store.read(lambda tx: progress.of(tx, row.id))
        assert found is not None
        return asked_words(found.asked)


@pytest.fixture
async def asking(desk: Desk) -> AsyncIterator[Asking]:
    async with running_stripe_api() as api, calling() as call:
        yield Asking(desk, api, Logins(call))


async def test_after_a_moment_the_provider_is_asked_and_the_receipt_goes(asking: Asking) -> None:
    asking.api.customer("cus_1", email="ada@example.com", name="Ada Lovelace")
    await asking.desk.tell(bare("ch_1", "ch_1", customer=WITHOUT_ADDRESS))

    await asking.after(29)
    assert asking.api.seen == []
    await asking.after(2)

    assert [each.path for each in asking.api.seen] == ["/v1/customers/cus_1"]
    await asking.desk.later(1)
    assert len(await asking.desk.mails("ada@example.com")) == 1
    assert (await asking.desk.customer()).name == "Ada L."  # what was told before stays
    assert await asking.desk.store.read(inquiries.open_ones) == []


async def test_many_receipts_of_one_customer_are_one_question(asking: Asking) -> None:
    asking.api.customer("cus_1")
    for number in range(5):
        await asking.desk.tell(bare(f"ch_{number}", f"ch_{number}", total=100 + number, customer=WITHOUT_ADDRESS))
    await asking.after(31)
    await asking.after(31)
    assert len(asking.api.seen) == 1
    assert len(await asking.desk.mails("ada@example.com")) == 5


async def test_an_event_that_comes_in_time_wins(asking: Asking) -> None:
    await asking.desk.tell(bare("ch_1", "ch_1", customer=WITHOUT_ADDRESS))
    await asking.after(20)
    await asking.desk.tell(bare("ch_2", "ch_2", customer=replace(WITHOUT_ADDRESS, email="ada@example.com")))
    await asking.after(60)
    assert asking.api.seen == []


async def test_who_has_no_address_is_asked_again_after_a_day(asking: Asking) -> None:
    asking.api.customer("cus_1", email=None)
    await asking.desk.tell(bare("ch_1", "ch_1", customer=WITHOUT_ADDRESS))
    await asking.after(31)
    assert await asking.words() == "asked Stripe, which has none"
    await asking.after(3600)
    assert len(asking.api.seen) == 1
    asking.api.customer("cus_1", email="ada@example.com")
    await asking.after(86_400)
    await asking.desk.later(1)
    assert len(await asking.desk.mails("ada@example.com")) == 1


async def test_who_is_not_known_is_not_asked_for_again(asking: Asking) -> None:
    await asking.desk.tell(bare("ch_1", "ch_1", customer=WITHOUT_ADDRESS))
    for _ in range(4):
        await asking.after(86_400)
    assert len(asking.api.seen) == 1
    assert "doesn't know the customer" in await asking.words()


async def test_a_busy_provider_is_asked_later_and_later(asking: Asking) -> None:
    asking.api.customer("cus_1")
    asking.api.trouble = [(503, {}), (429, {"Retry-After": "300"}), (500, {})]
    await asking.desk.tell(bare("ch_1", "ch_1", customer=WITHOUT_ADDRESS))
    await asking.after(31)
    assert await asking.words() == "asking Stripe, Stripe answers 503"
    for seconds, asked in ((59, 1), (2, 2), (298, 2), (3, 3), (239, 3), (2, 4)):
        await asking.after(seconds)
        assert len(asking.api.seen) == asked, seconds
    await asking.desk.later(1)
    assert len(await asking.desk.mails("ada@example.com")) == 1


async def test_nobody_there_is_told_and_tried_again(asking: Asking) -> None:
    async def nobody(_: Call) -> Answer | NoAnswer:
        return NoAnswer(Why.NOBODY_THERE)

    await asking.desk.tell(bare("ch_1", "ch_1", customer=WITHOUT_ADDRESS))
    asking.logins = Logins(nobody)
    await asking.after(31)
    assert await asking.words() == "asking Stripe, no answer came: nobody there"


async def test_a_refused_key_is_told_once_and_its_account_left_alone(asking: Asking) -> None:
    for number in range(3):
        customer = Customer(ref=asking.api.customer(f"cus_{number}", email=f"c{number}@example.com"))
        await asking.desk.tell(bare(f"ch_{number}", f"ch_{number}", customer=customer))
    asking.key = "rk_of_somebody_else"
    for _ in range(10):
        await asking.after(31)

    assert len(asking.api.seen) == 1
    assert (await asking.words("ch_0")).startswith("Stripe refuses the key in sources.stripe.api_key (Stripe doesn't")
    alerts = await asking.desk.mails("merchant@shop.example")
    assert [each.params["trouble"] for each in alerts] == ["key_refused"]

    asking.at += LEFT_ALONE
    await asking.after(1)
    assert len(asking.api.seen) == 2
    asking.key = KEY  # a key that was changed is tried at once
    await asking.after(31)
    await asking.after(31)
    assert [len(await asking.desk.mails(f"c{number}@example.com")) for number in range(3)] == [0, 1, 1]
    await asking.after(3600)
    await asking.desk.later(1)
    assert len(await asking.desk.mails("c0@example.com")) == 1


async def test_of_two_processes_one_asks(asking: Asking) -> None:
    asking.api.customer("cus_1")
    await asking.desk.tell(bare("ch_1", "ch_1", customer=WITHOUT_ADDRESS))
    await asking.desk.later(31)
    for inquirer in (asking.inquirer, asking.another()):
        await inquirer.round(asking.late())
    assert len(asking.api.seen) == 1


async def test_a_process_that_dies_before_the_answer_leaves_it_to_be_asked_again(asking: Asking) -> None:
    asking.api.customer("cus_1")
    await asking.desk.tell(bare("ch_1", "ch_1", customer=WITHOUT_ADDRESS))
    await asking.desk.later(31)
    whole, asked = asking.logins, asyncio.Event()

    async def silent(_: Call) -> Answer | NoAnswer:
        asked.set()
        return await asyncio.Future()

    asking.logins = Logins(silent)
    dying = asyncio.create_task(asking.inquirer.round(asking.late()))
    await asked.wait()
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    asking.logins, asking.inquirer = whole, asking.another()
    await asking.after(30)
    assert (asking.api.seen, await asking.words()) == ([], "asking Stripe")
    await asking.after(31)
    await asking.desk.later(1)
    assert len(await asking.desk.mails("ada@example.com")) == 1


async def test_the_address_of_a_known_customer_joins_the_two(asking: Asking) -> None:
    asking.api.customer("cus_1", email="ada@example.com")
    await asking.desk.tell(bare("o-1", customer=Customer(email="ada@example.com", name="Ada")), source="thrivecart")
    await asking.desk.tell(bare("ch_1", "ch_1", customer=WITHOUT_ADDRESS, total=700))
    await asking.after(31)
    await asking.desk.later(1)
    joined = await asking.desk.customer_by_ref("cus_1")
    assert joined is not None
    assert joined.id == (await asking.desk.customer()).id
    assert len(await asking.desk.mails("ada@example.com")) == 2


async def test_without_a_key_nobody_is_asked(asking: Asking) -> None:
    asking.names = ()
    await asking.desk.tell(bare("ch_1", "ch_1", customer=WITHOUT_ADDRESS))
    await asking.after(3600)
    assert asking.api.seen == []
    assert await asking.words() == "the provider's event about the customer brings it"


def test_pauses_grow_up_to_six_hours() -> None:
    assert [pause_after(tries) // MINUTE for tries in (1, 2, 3, 10, 60)] == [1, 2, 4, 360, 360]
    assert next_at(Standing.ASKING, 1, 0, 600.0) == 10 * MINUTE
    assert next_at(Standing.ASKING, 12, 0, 1.0) == 6 * HOUR
    assert next_at(Standing.NO_ADDRESS, 9, 0, None) == next_at(Standing.FAILED, 1, 0, None) == DAY
    assert next_at(Standing.LOST, 1, 0, None) is None

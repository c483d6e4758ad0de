"""Bounces and complaints: whose word counts, what follows, and that nothing of it happens twice."""

import asyncio

import pytest

from support.desk import Desk, rich
from worker.actions.lift_suppression import lift_for_mail, lift_suppression
from worker.actions.mail_receipt import Again, CantResend, resend
from worker.actions.record_bounce import Recorded, Told, record_bounce
from worker.actions.record_tries import Try, record_tries
from worker.core.bounce import Delivery, Happening, Reported, Returned
from worker.core.instant import DAY, SECOND
from worker.core.outcome import Outcome, Phase, Result, replied
from worker.core.suppression import RECENT, SOFT_MOST, VALID_FOR, Effect, SuppressionKind
from worker.store import outbox, suppressions
from worker.store.outbox import MailKind, NewItem, OutboxItem

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)

ADA = "ada@example.com"
NO_USER = Reported(Happening.HARD, ADA, "5.1.1", "no such user")
TAKEN = replied(Phase.DATA, 250, "taken")
BROKEN = Outcome(Phase.DATA, Result.LOST)


class Shop:
    """A desk whose mails go out."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.sales = desk, 0

    async def receipt(self) -> OutboxItem:
        """A sale to Ada, its receipt left as it is."""
        self.sales += 1
        await self.desk.tell(rich(f"T-{self.sales}"))
        await self.desk.issue()
        return (await self.desk.mails())[-1]

    async def claim(self) -> list[str]:
        """What goes out now, but for alerts of bounces."""
        now = self.desk.clock.now()
        claimed = await self.desk.store.write(lambda tx: outbox.claim(tx, "process", now, 100))
        return [item.id for item in claimed if item.kind is not MailKind.ALERT or "bounced" not in str(item.params)]

    async def send(self, item: OutboxItem, outcome: Outcome = TAKEN) -> None:
        fresh = self.desk.fresh
        assert item.id in await self.claim()
        assert await self.desk.store.write(lambda tx: outbox.start(tx, "process", [item.id])) == {item.id}
        tried = Try(fresh.new_id(), item, outcome, fresh.now, 0.5)
        await self.desk.store.write(lambda tx: record_tries(tx, "process", [tried], self.desk.policy, fresh))

    async def sent(self) -> OutboxItem:
        item = await self.receipt()
        await self.send(item)
        return item

    async def tell(
        self, *reports: Reported, of: OutboxItem | None = None, proven: bool = False, by: str = "dsn", **named: object
    ) -> list[Recorded]:
        fresh = self.desk.fresh
        returned = Returned(by, reports, **named)  # type: ignore[arg-type]
        delivery = Delivery(of.id, of.attempts + 1) if of else None
        told = Told(self.desk.new_id(), returned, delivery, proven)
        return await self.desk.store.write(lambda tx: record_bounce(tx, told, self.desk.policy, fresh))

    async def effect(self, reported: Reported, of: OutboxItem) -> Effect | None:
        recorded = await self.tell(reported, of=of)
        return recorded[0].effect if recorded else None

    async def now(self, item: OutboxItem) -> OutboxItem:
        found = await self.desk.store.read(lambda tx: outbox.by_id(tx, item.id))
        assert found is not None
        return found

    async def state(self, item: OutboxItem) -> str:
        return (await self.now(item)).state.value

    async def why(self, address: str = ADA) -> list[SuppressionKind]:
        return [each.kind for each in await self.desk.store.read(lambda tx: suppressions.in_force(tx, address))]

    async def lift(self, address: str = ADA) -> bool:
        fresh = self.desk.fresh
        return await self.desk.store.write(lambda tx: lift_suppression(tx, address, "their own mail", fresh))

    async def add(self, kind: MailKind, recipient: str = ADA) -> OutboxItem:
        new_id, now = self.desk.new_id(), self.desk.clock.now()
        item = NewItem(new_id, kind, recipient, f"<{new_id}@shop.example>", now, now)
        await self.desk.store.write(lambda tx: outbox.add(tx, item))
        added = await self.desk.store.read(lambda tx: outbox.by_id(tx, new_id))
        assert added is not None
        return added


@pytest.fixture
def shop(desk: Desk) -> Shop:
    return Shop(desk)


async def test_a_hard_bounce_suppresses_the_address_and_withholds_what_is_on_its_way(shop: Shop) -> None:
    sent, waiting, in_hand = await shop.sent(), await shop.receipt(), await shop.receipt()
    assert in_hand.id in await shop.claim()
    assert await shop.effect(NO_USER, sent) is Effect.SUPPRESS
    assert await shop.why() == [SuppressionKind.BOUNCE]
    assert [await shop.state(each) for each in (sent, waiting, in_hand)] == ["sent", "withheld", "withheld"]
    assert not await shop.desk.store.write(lambda tx: outbox.start(tx, "process", [in_hand.id]))


async def test_a_new_mail_to_a_suppressed_address_is_withheld_however_it_is_spelled(shop: Shop) -> None:
    await shop.tell(NO_USER, of=await shop.sent())
    spelled = await shop.add(MailKind.RECEIPT, "ADA@example.com")
    other = await shop.add(MailKind.RECEIPT, "grace@example.com")
    assert await shop.claim() == [other.id]
    assert await shop.state(spelled) == "withheld"


async def test_what_was_told_twice_by_any_way_is_one(shop: Shop) -> None:
    sent = await shop.sent()
    told = await asyncio.gather(
        shop.tell(NO_USER, of=sent),
        shop.tell(NO_USER, of=sent),
        shop.tell(NO_USER, message_ids=(sent.message_id,)),
        shop.tell(NO_USER, proven=True, by="postmark"),
    )
    assert sum(map(len, told)) == 1
    assert len(await shop.desk.store.read(lambda tx: suppressions.bounces_of(tx, sent.id))) == 1


async def test_bounces_of_two_attempts_are_told_apart(shop: Shop) -> None:
    first = await shop.receipt()
    await shop.send(first, BROKEN)
    await shop.desk.database.pass_seconds(10)
    second = await shop.now(first)
    assert (first.attempts, second.attempts) == (0, 1)
    await shop.send(second)
    full = Reported(Happening.SOFT, ADA, "4.2.2")
    assert [await shop.effect(full, each) for each in (first, second)] == [Effect.COUNT, Effect.COUNT]
    assert [await shop.tell(full, of=each) for each in (first, second)] == [[], []]
    assert await shop.tell(full, message_ids=(first.message_id,)) == []  # it means the last


async def test_an_attempts_bounce_is_about_the_address_that_this_attempt_went_to(shop: Shop) -> None:
    first = await shop.receipt()
    await shop.send(first, BROKEN)
    await shop.desk.store.write(lambda tx: outbox.redirect(tx, str(first.customer_id), ADA, "ada@new.example"))
    await shop.desk.database.pass_seconds(10)
    second = await shop.now(first)
    await shop.send(second)
    assert await shop.effect(Reported(Happening.HARD, None, "5.1.1"), first) is Effect.SUPPRESS
    assert (await shop.why(), await shop.why("ada@new.example")) == ([SuppressionKind.BOUNCE], [])


async def test_the_thirty_days_are_those_of_each_attempt(shop: Shop) -> None:
    first = await shop.receipt()
    await shop.send(first, BROKEN)
    await shop.desk.database.pass_seconds(4 * 86_400)
    second = await shop.now(first)
    await shop.send(second)
    await shop.desk.database.pass_seconds(VALID_FOR / SECOND - 86_400)
    assert await shop.effect(NO_USER, first) is Effect.NOTE
    assert await shop.effect(NO_USER, second) is Effect.SUPPRESS


async def test_a_bounce_address_of_before_the_attempts_had_theirs_counts_for_the_last(shop: Shop) -> None:
    sent = await shop.sent()
    told = Told("m-1", Returned("dsn", (NO_USER,)), Delivery(sent.id))
    fresh = shop.desk.fresh
    [recorded] = await shop.desk.store.write(lambda tx: record_bounce(tx, told, shop.desk.policy, fresh))
    assert recorded == Recorded(Happening.HARD, Effect.SUPPRESS, sent.id)
    assert await shop.effect(NO_USER, sent) is None


@pytest.mark.parametrize(
    ("happening", "effect"),
    [
        (Happening.HARD, Effect.NOTE),
        (Happening.SOFT, Effect.NOTE),
        (Happening.DELIVERED, Effect.NOTE),
        (Happening.COMPLAINT, Effect.SUPPRESS_COMPLAINT),
    ],
)
async def test_where_mails_have_bounce_addresses_a_report_without_one_changes_nothing(
    shop: Shop, happening: Happening, effect: Effect
) -> None:
    sent, fresh = await shop.sent(), shop.desk.fresh
    returned = Returned("dsn", (Reported(happening, ADA, "5.1.1"),), (sent.message_id,))
    told = Told("m-1", returned, doubted=True)
    recorded = await shop.desk.store.write(lambda tx: record_bounce(tx, told, shop.desk.policy, fresh))
    assert recorded == [Recorded(happening, effect, sent.id)]


async def test_a_notice_counts_that_names_our_mail_and_its_address(shop: Shop) -> None:
    sent = await shop.sent()
    [recorded] = await shop.tell(Reported(Happening.HARD, "Ada@Example.com", "5.1.1"), message_ids=(sent.message_id,))
    assert recorded == Recorded(Happening.HARD, Effect.SUPPRESS, sent.id)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (ADA, {}),  # our mail is not named
        (ADA, {"message_ids": ("<guessed@shop.example>",)}),
        (ADA, {"mails": ("guessed",)}),
        ("grace@example.com", {"message_ids": "ours"}),  # our mail, but it went to somebody else
        (None, {"message_ids": "ours"}),
    ],
)
async def test_a_forged_notice_is_recorded_and_changes_nothing(
    shop: Shop, address: str | None, named: dict[str, object]
) -> None:
    sent = await shop.sent()
    named = {name: (sent.message_id,) if value == "ours" else value for name, value in named.items()}
    [recorded] = await shop.tell(Reported(Happening.HARD, address, "5.1.1"), **named)  # type: ignore[arg-type]
    assert recorded == Recorded(Happening.HARD, Effect.NOTE, None)
    assert await shop.why() == await shop.why("grace@example.com") == []
    assert await shop.desk.mails("merchant@shop.example") == []


async def test_a_relay_that_names_the_address_alone_means_the_newest_mail_there(shop: Shop) -> None:
    sent = await shop.sent()
    [recorded] = await shop.tell(NO_USER, proven=True)
    assert recorded.mail == sent.id
    await shop.desk.database.pass_seconds(RECENT / SECOND + 1)
    [later] = await shop.tell(Reported(Happening.COMPLAINT, ADA), proven=True)
    assert later.mail is None


async def test_the_fifth_soft_bounce_over_three_days_suppresses(shop: Shop) -> None:
    effects = []
    for _ in range(SOFT_MOST):
        effects.append(await shop.effect(Reported(Happening.SOFT, ADA, "4.2.2"), await shop.sent()))
        await shop.desk.database.pass_seconds(86_400)
    assert effects == [Effect.COUNT] * (SOFT_MOST - 1) + [Effect.SUPPRESS]
    assert await shop.why() == [SuppressionKind.BOUNCE]


async def test_soft_bounces_of_one_bad_hour_never_suppress(shop: Shop) -> None:
    for _ in range(SOFT_MOST + 3):
        assert await shop.effect(Reported(Happening.SOFT, ADA, "4.2.2"), await shop.sent()) is Effect.COUNT


async def test_a_delivery_in_between_starts_the_count_anew(shop: Shop) -> None:
    for number in range(SOFT_MOST + 1):
        if number == 2:
            assert await shop.effect(Reported(Happening.DELIVERED, ADA), await shop.sent()) is Effect.CLEAR
            await shop.desk.database.pass_seconds(1)
        assert await shop.effect(Reported(Happening.SOFT, ADA, "4.2.2"), await shop.sent()) is Effect.COUNT
        await shop.desk.database.pass_seconds(86_400)
    assert await shop.why() == []


async def test_delayed_then_failed_and_delivered_after_that(shop: Shop) -> None:
    sent = await shop.sent()
    told = [Happening.DELAYED, Happening.HARD, Happening.DELIVERED, Happening.COMPLAINT]
    effects = [await shop.effect(Reported(each, ADA, "5.1.1"), sent) for each in told]
    assert effects == [Effect.NOTE, Effect.SUPPRESS, Effect.CLEAR, Effect.SUPPRESS_COMPLAINT]
    assert await shop.why() == [SuppressionKind.BOUNCE, SuppressionKind.COMPLAINT]


async def test_after_30_days_a_notice_is_only_noted(shop: Shop) -> None:
    sent = await shop.sent()
    await shop.desk.database.pass_seconds(VALID_FOR / SECOND + 1)
    assert await shop.effect(NO_USER, sent) is Effect.NOTE
    assert await shop.why() == []


async def test_a_bounce_may_overtake_our_own_note_of_the_250(shop: Shop) -> None:
    item = await shop.receipt()
    await shop.claim()
    await shop.desk.store.write(lambda tx: outbox.start(tx, "process", [item.id]))
    assert await shop.effect(NO_USER, item) is Effect.SUPPRESS


async def test_a_complaint_ends_all_but_what_the_customer_asks_for(shop: Shop) -> None:
    assert await shop.effect(Reported(Happening.COMPLAINT, ADA), await shop.sent()) is Effect.SUPPRESS_COMPLAINT
    receipt, link = await shop.receipt(), await shop.add(MailKind.ACCESS)
    assert await shop.claim() == [link.id]
    assert await shop.state(receipt) == "withheld"
    assert not await shop.lift()
    assert await shop.why() == [SuppressionKind.COMPLAINT]


async def test_the_merchants_address_is_never_suppressed(shop: Shop) -> None:
    alert = await shop.add(MailKind.ALERT, "merchant@shop.example")
    await shop.send(alert)
    reported = Reported(Happening.HARD, "merchant@shop.example", "5.1.1")
    assert await shop.effect(reported, alert) is Effect.NOTE
    assert await shop.why("merchant@shop.example") == []


async def test_lifting_lets_withheld_mails_go_and_an_old_bounce_no_longer_counts(shop: Shop) -> None:
    first, second = await shop.sent(), await shop.sent()
    await shop.tell(NO_USER, of=first)
    withheld = await shop.receipt()
    assert await shop.claim() == []
    await shop.desk.database.pass_seconds(60)
    assert await shop.lift()
    assert not await shop.lift()
    assert await shop.claim() == [withheld.id]
    assert await shop.effect(NO_USER, second) is Effect.NOTE
    assert await shop.why() == []
    await shop.desk.database.pass_seconds(60)
    assert await shop.effect(NO_USER, await shop.sent()) is Effect.SUPPRESS
    assert await shop.why() == [SuppressionKind.BOUNCE]


async def test_what_expired_while_it_was_withheld_stays_so(shop: Shop) -> None:
    await shop.tell(NO_USER, of=await shop.sent())
    new_id, now = shop.desk.new_id(), shop.desk.clock.now()
    link = NewItem(new_id, MailKind.ACCESS, ADA, f"<{new_id}@shop.example>", now, now, expires_at=now + DAY)
    await shop.desk.store.write(lambda tx: outbox.add(tx, link))
    assert await shop.claim() == []
    await shop.desk.database.pass_seconds(2 * 86_400)
    assert await shop.lift()
    assert await shop.claim() == []


async def test_the_merchant_hears_of_a_bounce_once_an_hour(shop: Shop) -> None:
    first, second = await shop.sent(), await shop.sent()
    await shop.tell(NO_USER, of=first)
    await shop.tell(NO_USER, of=second)
    [alert] = await shop.desk.mails("merchant@shop.example")
    assert alert.params["trouble"] == "mails_bounced"


async def test_of_an_alias_that_still_reaches_somebody_nothing_follows(shop: Shop) -> None:
    reports = (Reported(Happening.HARD, "one@example.com", "5.1.1"), Reported(Happening.DELIVERED, "two@example.com"))
    [recorded] = await shop.tell(*reports, of=await shop.sent())
    assert recorded.effect is Effect.CLEAR


async def test_a_withheld_receipt_goes_to_the_address_that_its_customer_changes_to(shop: Shop) -> None:
    await shop.tell(NO_USER, of=await shop.sent())
    receipt = await shop.receipt()
    assert await shop.claim() == []
    assert receipt.customer_id is not None
    customer_id, now = receipt.customer_id, shop.desk.clock.now()
    addresses = (ADA, "ada@new.example")
    await shop.desk.store.write(lambda tx: suppressions.redirect_withheld(tx, customer_id, addresses, now))
    assert await shop.claim() == [receipt.id]
    assert [item.id for item in await shop.desk.mails("ada@new.example")] == [receipt.id]


async def test_a_receipt_is_sent_again_to_a_suppressed_address_only_where_the_merchant_lifts_it(shop: Shop) -> None:
    sent = await shop.sent()
    await shop.tell(NO_USER, of=sent)
    policy, fresh = shop.desk.policy, shop.desk.fresh
    refused = await shop.desk.store.write(lambda tx: resend(tx, Again(sent.id), policy, fresh))
    assert refused is CantResend.SUPPRESSED
    elsewhere = await shop.desk.store.write(lambda tx: resend(tx, Again(sent.id, "ada@new.example"), policy, fresh))
    assert not isinstance(elsewhere, CantResend)
    assert not await shop.desk.store.write(lambda tx: lift_for_mail(tx, sent.id, None, fresh))
    again = await shop.desk.store.write(lambda tx: resend(tx, Again(sent.id), policy, shop.desk.fresh))
    assert not isinstance(again, CantResend)
    assert set(await shop.claim()) == {elsewhere, again}


async def test_lifting_for_a_withheld_mail_lets_that_very_mail_go(shop: Shop) -> None:
    await shop.tell(NO_USER, of=await shop.sent())
    receipt, fresh = await shop.receipt(), shop.desk.fresh
    assert await shop.claim() == []
    assert await shop.desk.store.write(lambda tx: lift_for_mail(tx, receipt.id, None, fresh))
    assert await shop.claim() == [receipt.id]


@pytest.mark.parametrize("odd", ["a\x00@example.com", "\ud800@example.com", "ä@example.com", "a b@example.com"])
async def test_no_address_that_somebody_writes_breaks_the_database(shop: Shop, odd: str) -> None:
    sent = await shop.sent()
    reported = Reported(Happening.HARD, odd, "5.1.1")
    [recorded] = await shop.tell(reported, message_ids=(sent.message_id,), mails=("a\x00", "\ud800"), proven=True)
    assert recorded.effect is Effect.NOTE

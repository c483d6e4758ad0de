"""A mail that came in: settled once, whatever happens twice, and seen by a person where reading it fails."""

import asyncio
import hashlib
from dataclasses import replace

import pytest

from support.desk import ADA, Desk, rich
from support.desk import POLICY as MERCHANT
from worker.actions.receive_mail import Received, Understood, begin_mail, keep_mail, receive_mail
from worker.actions.record_bounce import Told, record_bounce
from worker.core.access import AccessPolicy
from worker.core.bounce import Delivery, Happening, Reported, Returned
from worker.core.mail_policy import MailPolicy
from worker.core.suppression import SuppressionKind
from worker.mail.addresses import OurAddresses
from worker.mail.authentication import UNKNOWN, Authentication, Result, Wish
from worker.mail.classify import Outcome, classify
from worker.mail.read import read
from worker.store import inbox, outbox, suppressions
from worker.store.inbox import TRY_SECONDS, KeptMail, MailState, NewMail
from worker.store.outbox import MailKind

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)

OURS = OurAddresses("access@shop.example", None, ("a key of sixteen characters",))
PROVEN = Authentication(dmarc=Result.PASS, told="dmarc=pass")
FORGED = Authentication(dmarc=Result.FAIL, wish=Wish.REJECT, told="dmarc=fail (p=reject)")
POLICY = MailPolicy(AccessPolicy(message_domain="shop.example"), "help@shop.example", alerts=MERCHANT)


async def keep(
    desk: Desk, *lines: str, to: str = "access@shop.example", envelope_sender: str = "ada@example.com"
) -> str:
    raw = "\r\n".join(lines).encode()
    digest = hashlib.sha256(raw).hexdigest()
    new = NewMail(desk.new_id(), desk.clock.now(), "192.0.2.1", envelope_sender, (to,), raw, digest, None)
    assert await desk.store.write(lambda tx: keep_mail(tx, new))
    assert not await desk.store.write(lambda tx: keep_mail(tx, new))
    return new.id


async def begin(desk: Desk, mail_id: str) -> KeptMail | None:
    fresh = desk.fresh
    return await desk.store.write(lambda tx: begin_mail(tx, mail_id, POLICY, fresh))


async def receive(
    desk: Desk, kept: KeptMail, origin: Authentication = UNKNOWN, policy: MailPolicy = POLICY
) -> Received | None:
    assert kept.raw is not None
    mail, fresh = read(kept.raw), desk.fresh
    what = classify(mail, OURS.envelope(kept.sender, kept.recipients))
    understood = Understood(kept, mail, what, OURS.for_people(kept.recipients), origin)
    return await desk.store.write(lambda tx: receive_mail(tx, understood, policy, fresh))


async def test_a_mail_that_is_understood_twice_is_answered_and_forwarded_once(desk: Desk) -> None:
    await desk.tell(rich("T-1"))
    await desk.issue()
    mail_id = await keep(desk, "From: ada@example.com", "", "Please correct my address")
    kept = await begin(desk, mail_id)
    assert kept is not None
    assert await begin(desk, mail_id) is None
    ends = await asyncio.gather(*(receive(desk, kept) for _ in range(5)))
    assert [end for end in ends if end] == [Received(Outcome.LINK_REQUEST, None, forwarded=True)]
    assert [item.kind.value for item in await desk.mails()] == ["receipt", "access"]
    assert [item.kind.value for item in await desk.mails("help@shop.example")] == ["forward"]


async def test_over_the_limit_there_is_no_link_but_words_still_reach_a_person(desk: Desk) -> None:
    await desk.tell(rich("T-1"))
    await desk.issue()
    outcomes = []
    for number in range(3):
        kept = await begin(desk, await keep(desk, "From: ada@example.com", "", f"Please, for the {number}. time"))
        assert kept is not None
        end = await receive(desk, kept)
        assert end is not None
        outcomes.append(end.outcome)
    assert outcomes == [Outcome.LINK_REQUEST, Outcome.OVER_LIMIT, Outcome.OVER_LIMIT]
    assert len(await desk.mails("help@shop.example")) == 3
    assert await desk.store.read(inbox.counts) == {"link_request": 1, "over_limit": 2}


async def test_a_mail_that_can_not_be_read_is_set_aside_after_three_tries_and_seen(desk: Desk) -> None:
    mail_id = await keep(desk, "From: ada@example.com", "", "Boom")
    for _ in range(3):
        assert await begin(desk, mail_id) is not None
        await desk.database.pass_seconds(TRY_SECONDS + 1)
    assert await begin(desk, mail_id) is None
    kept = await desk.store.read(lambda tx: inbox.by_id(tx, mail_id))
    assert kept is not None
    assert (kept.state, kept.outcome) == (MailState.QUARANTINED, "unreadable")
    [forward] = await desk.mails("help@shop.example")
    assert forward.params == {"mail": mail_id, "why": "unreadable", "sender": "unverified", "from": "ada@example.com"}


async def test_a_mail_without_one_sender_is_quarantined_and_its_words_are_seen(desk: Desk) -> None:
    kept = await begin(desk, await keep(desk, "From: a@example.com", "From: b@example.com", "", "Hello"))
    assert kept is not None
    end = await receive(desk, kept)
    assert end == Received(Outcome.MALFORMED, "it has several From headers", forwarded=True)


async def ask(desk: Desk, number: int, origin: Authentication, policy: MailPolicy = POLICY, words: str = "") -> Outcome:
    """What became of a mail that only asks for access, or also says something."""
    lines = ("From: Ada@example.com", f"Message-ID: <{number}-{origin.dmarc}@example.com>", "", words)
    kept = await begin(desk, await keep(desk, *lines))
    assert kept is not None
    end = await receive(desk, kept, origin, policy)
    assert end is not None
    return end.outcome


@pytest.mark.parametrize(
    ("bought", "origin", "envelope_sender", "outcome"),
    [
        (True, PROVEN, "owner-anna@example.com", Outcome.LINK_REQUEST),
        (True, UNKNOWN, "owner-anna@example.com", Outcome.AUTOMATIC),
        (True, PROVEN, "talk-bounces@lists.example", Outcome.AUTOMATIC),  # somebody sends for her
        (False, PROVEN, "owner-anna@example.com", Outcome.AUTOMATIC),
    ],
)
async def test_who_is_called_like_a_robot_is_answered_only_if_proven_a_customer(
    desk: Desk, bought: bool, origin: Authentication, envelope_sender: str, outcome: Outcome
) -> None:
    if bought:
        await desk.tell(rich("T-1", customer=replace(ADA, email="owner-anna@example.com")))
        await desk.issue()
    ends = []
    for number in range(2):
        head = ("From: Owner-Anna@example.com", f"Message-ID: <{number}@example.com>")
        kept = await begin(desk, await keep(desk, *head, "", "Hello", envelope_sender=envelope_sender))
        assert kept is not None
        ends.append(await receive(desk, kept, origin))
    answered = outcome is Outcome.LINK_REQUEST
    assert [end and (end.outcome, end.forwarded) for end in ends] == [
        (outcome, True),
        (Outcome.OVER_LIMIT if answered else outcome, True),
    ]
    links = [item for item in await desk.mails("owner-anna@example.com") if item.kind is MailKind.ACCESS]
    assert len(links) == int(answered)


async def test_strangers_who_use_up_the_limit_lock_nobody_out(desk: Desk) -> None:
    await desk.tell(rich("T-1"))
    await desk.issue()
    assert [await ask(desk, number, UNKNOWN) for number in range(2)] == [Outcome.LINK_REQUEST, Outcome.OVER_LIMIT]
    own = [await ask(desk, number, PROVEN) for number in range(6)]
    assert own == [Outcome.LINK_REQUEST] * 5 + [Outcome.OVER_LIMIT]
    await desk.database.pass_seconds(24 * 3_600)
    assert await ask(desk, 9, PROVEN) is Outcome.LINK_REQUEST


async def test_what_the_owner_asked_for_takes_nothing_from_the_form(desk: Desk) -> None:
    await desk.tell(rich("T-1"))
    await desk.issue()
    assert [await ask(desk, number, PROVEN) for number in range(6)] == [Outcome.LINK_REQUEST] * 6
    assert await ask(desk, 7, PROVEN) is Outcome.OVER_LIMIT
    assert await ask(desk, 8, UNKNOWN) is Outcome.OVER_LIMIT
    await desk.database.pass_seconds(61)
    assert await ask(desk, 9, UNKNOWN) is Outcome.LINK_REQUEST


async def test_a_reply_for_another_address_has_no_allowance_of_its_own(desk: Desk) -> None:
    await desk.tell(rich("T-1"))
    await desk.issue()
    [receipt] = await desk.mails()
    ends = []
    for number in range(2):
        lines = ("From: ada@elsewhere.example", f"In-Reply-To: {receipt.message_id}", f"Subject: {number}", "", "")
        kept = await begin(desk, await keep(desk, *lines))
        assert kept is not None
        end = await receive(desk, kept, PROVEN)
        assert end is not None
        ends.append(end.outcome)
    assert ends == [Outcome.LINK_REQUEST, Outcome.OVER_LIMIT]


async def test_a_forged_mail_is_not_answered_but_its_words_are_seen_with_a_warning(desk: Desk) -> None:
    await desk.tell(rich("T-1"))
    await desk.issue()
    assert await ask(desk, 1, FORGED) is Outcome.UNAUTHENTICATED
    assert await ask(desk, 2, FORGED, words="Please send everything to my new address") is Outcome.UNAUTHENTICATED
    assert [item.kind.value for item in await desk.mails()] == ["receipt"]
    [forward] = await desk.mails("help@shop.example")
    assert (forward.params["why"], forward.params["sender"]) == ("unauthenticated", "forged")
    assert await desk.store.read(inbox.counts) == {"unauthenticated": 2}
    kept = await desk.store.read(lambda tx: inbox.by_id(tx, str(forward.params["mail"])))
    assert kept is not None
    assert (kept.reason, kept.origin) == ("forged", "dmarc=fail (p=reject)")


async def test_where_proof_is_demanded_only_proven_mail_is_answered(desk: Desk) -> None:
    await desk.tell(rich("T-1"))
    await desk.issue()
    strict = replace(POLICY, require_auth=True)
    assert await ask(desk, 1, UNKNOWN, strict) is Outcome.UNAUTHENTICATED
    assert await ask(desk, 2, PROVEN, strict) is Outcome.LINK_REQUEST
    assert await ask(desk, 3, Authentication(dkim_aligned=True), strict) is Outcome.LINK_REQUEST


async def test_a_mail_to_the_keeper_of_the_domain_is_seen_though_it_is_forged(desk: Desk) -> None:
    kept = await begin(desk, await keep(desk, "From: ada@example.com", "", "Spam!", to="abuse@shop.example"))
    assert kept is not None
    end = await receive(desk, kept, FORGED)
    assert end == Received(Outcome.FOR_PEOPLE, None, forwarded=True)


async def test_a_proven_mail_from_a_suppressed_address_lifts_a_bounce_and_its_link_goes(desk: Desk) -> None:
    await desk.tell(rich("T-1"))
    await desk.issue()
    [receipt] = await desk.mails()
    told = Told(
        "m-1", Returned("dsn", (Reported(Happening.HARD, "ada@example.com", "5.1.1"),)), Delivery(receipt.id, 1)
    )
    await desk.store.write(lambda tx: record_bounce(tx, told, MERCHANT, desk.fresh))
    assert await suppressed(desk) == [SuppressionKind.BOUNCE]
    for origin, still in ((UNKNOWN, True), (FORGED, True), (PROVEN, False)):
        await desk.database.pass_seconds(3_600)
        kept = await begin(desk, await keep(desk, "From: Ada@example.com", "", f"Access, please ({origin.told})"))
        assert kept is not None
        await receive(desk, kept, origin)
        now = desk.clock.now()
        claimed = await desk.store.write(lambda tx: outbox.claim(tx, "process", now, 100))  # noqa: B023
        assert (await suppressed(desk) == [SuppressionKind.BOUNCE]) is still
        assert any(item.kind is MailKind.ACCESS for item in claimed) is not still
    assert {item.state.value for item in await desk.mails()} == {"due"}


async def suppressed(desk: Desk) -> list[SuppressionKind]:
    return [each.kind for each in await desk.store.read(lambda tx: suppressions.in_force(tx, "ada@example.com"))]

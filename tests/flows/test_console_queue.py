"""The console's pages of what waits: queue and quarantine, provider actions, suppressions."""

import re
from collections.abc import AsyncIterator

import pytest

from flows.hub import STRIPE_SECRET, Visitor, sale, visiting
from flows.merchants import MAY, come_in, console_server
from flows.test_console_customers import XSS, bounce, customer_of, notes
from flows.way_in import ADA, GRACE, Browser, buy, mails
from store.test_home_rows import fill
from support.actions import action_of
from support.databases import START, Database
from worker.core.instant import DAY
from worker.core.open_action import Way
from worker.core.provider_action import Verb
from worker.core.suppression import SuppressionKind
from worker.store import events, inbox, provider_actions, suppressions, transactions
from worker.store.engine import Tx
from worker.store.events import EventEnd, EventState, NewEvent
from worker.store.inbox import MailEnd, NewMail
from worker.store.inbox import MailState as Kept
from worker.store.outbox import MailKind
from worker.store.provider_actions import ActionAttempt

QUEUE, ACTIONS, SUPPRESSIONS = "/console/queue", "/console/actions", "/console/suppressions"
BODY = b'{"id": "evt_1", "client_secret": "pi_secret_abc", "note": "%s"}' % STRIPE_SECRET.encode()
RAW = b"From: <script>x</script> <eve@example.net>\r\nSubject: Odd\r\nDKIM-Signature: abc\r\n\r\nA person's own words."


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(console_server(database), database) as visitor:
        yield visitor


@pytest.fixture
async def merchant(visitor: Visitor) -> Browser:
    browser = Browser(visitor)
    await come_in(browser)
    return browser


async def quarantine(visitor: Visitor, name: str, reason: str) -> None:
    headers = {"stripe-signature": "t=1,v1=secret", "user-agent": XSS}

    async def body(tx: Tx) -> None:
        await events.keep(tx, [NewEvent(name, "stripe", f"evt_{name}", "invoice.paid", START - DAY, headers, BODY)])
        await events.settle(tx, name, EventEnd(EventState.QUARANTINED, reason, "lines[0]"), START)

    await visitor.database.store.write(body)


async def state_of(visitor: Visitor, event_id: str) -> EventState:
    event = await visitor.database.store.read(lambda tx: events.by_id(tx, event_id))
    assert event is not None
    return event.state


async def test_the_queue_says_what_will_be_here(merchant: Browser) -> None:
    page = await merchant.get(QUEUE)
    assert "None waits" in page.text
    assert "nothing of it is lost" in page.text


async def test_what_is_in_quarantine_is_shown_without_secrets_and_tried_again_once(
    visitor: Visitor, merchant: Browser
) -> None:
    await quarantine(visitor, "e1", f"no amount {XSS}")
    page = await merchant.get(QUEUE)
    assert "no amount" in page.text
    assert "1 day" not in page.text
    assert "24 hours" in page.text
    one = await merchant.get(f"{QUEUE}/e1")
    for secret in ("<script", "v1=secret", "pi_secret_abc", STRIPE_SECRET):
        assert secret not in page.text + one.text, secret
    assert "lines[0]" in one.text
    assert "evt_1" in one.text
    assert (await merchant.press(f"{QUEUE}/e1/again", one)).headers["Location"].endswith("again")
    assert (await merchant.press(f"{QUEUE}/e1/again", one)).headers["Location"].endswith("before")
    assert await state_of(visitor, "e1") is EventState.WAITING


async def test_all_of_a_reason_are_tried_again_and_no_others(visitor: Visitor, merchant: Browser) -> None:
    for name, reason in (("e1", "no amount"), ("e2", "no amount"), ("e3", "no date")):
        await quarantine(visitor, name, reason)
    page = await merchant.get(QUEUE)
    assert "2 events" in page.text
    assert (await merchant.press(f"{QUEUE}/reason", page, reason="no amount")).headers["Location"].endswith("again")
    assert (await merchant.press(f"{QUEUE}/reason", page, reason="no amount")).headers["Location"].endswith("before")
    states = [await state_of(visitor, each) for each in ("e1", "e2", "e3")]
    assert states == [EventState.WAITING, EventState.WAITING, EventState.QUARANTINED]


async def test_a_transaction_that_waits_says_for_what(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    refund = sale(id="R-1", kind="refund", refund_of="T-none", total=100, lines=[])
    assert (await visitor.tell(refund)).status == 201
    held = await visitor.database.store.read(lambda tx: transactions.known(tx, "api", "R-1"))
    assert held is not None
    shown = await merchant.get(f"{QUEUE}/{held.id}")
    assert (shown.status, "R-1" in shown.text) == (200, True)


async def test_a_mail_that_can_t_be_read_is_shown_by_its_headers(visitor: Visitor, merchant: Browser) -> None:
    async def body(tx: Tx) -> None:
        await inbox.keep_mail(
            tx, NewMail("m1", START, "192.0.2.1", "eve@example.net", ("a@b.example",), RAW, "d", None)
        )
        await inbox.settle(tx, "m1", MailEnd(Kept.QUARANTINED, "malformed", "no end to a part"), START)

    await visitor.database.store.write(body)
    assert "no end to a part" in (await merchant.get(QUEUE)).text
    shown = await merchant.get(f"{QUEUE}/m1")
    assert "Odd" in shown.text
    assert "<script" not in shown.text
    for hidden in ("A person&#39;s own words", "A person's own words", ">abc<", "Try it again"):
        assert hidden not in shown.text
    assert (await merchant.press(f"{QUEUE}/m1/again", shown)).headers["Location"].endswith("before")


@pytest.mark.parametrize("held_id", ["nothing", "x" * 2000, "%00"])
async def test_what_isn_t_there_is_not_found(merchant: Browser, held_id: str) -> None:
    assert (await merchant.get(f"{QUEUE}/{held_id}")).status == 404


async def test_a_cancellation_is_done_once_and_the_customer_hears_of_it(visitor: Visitor, merchant: Browser) -> None:
    assert "Nothing to do" in (await merchant.get(ACTIONS)).text
    subscription = {"ref": "S-7", "interval": "month", "status": "active"}
    await buy(visitor, ADA, subscription=subscription)
    customer_id = await customer_of(visitor)
    new = action_of(customer_id, requested_at=START - 3 * DAY, ends_at=START + DAY, due_at=START - 3 * DAY)

    async def body(tx: Tx) -> None:
        await provider_actions.add(tx, new)
        await provider_actions.give_reason(tx, "p1", customer_id, XSS)

    await visitor.database.store.write(body)
    page = await merchant.get(ACTIONS)
    assert "3 days" in page.text
    assert "S-7" in page.text
    assert "<script" not in page.text
    assert "link-of-the-mail" not in page.text
    assert (await merchant.press(f"{ACTIONS}/p1/done", page)).headers["Location"].endswith("done")
    assert (await merchant.press(f"{ACTIONS}/p1/done", page)).headers["Location"].endswith("before")
    assert (await merchant.press(f"{ACTIONS}/p2/done", page)).headers["Location"].endswith("before")
    assert len(await mails(visitor, ADA, MailKind.CANCEL_DONE)) == 1
    assert (MAY, "cancel_done") in await notes(visitor, customer_id)


async def test_suppressions_say_why_and_are_lifted_once(visitor: Visitor, merchant: Browser) -> None:
    assert "will be here with the reason" in (await merchant.get(SUPPRESSIONS)).text
    await buy(visitor, ADA)
    await bounce(visitor, ADA, SuppressionKind.BOUNCE, f"550 {XSS}")
    await bounce(visitor, GRACE, SuppressionKind.COMPLAINT)
    page = await merchant.get(SUPPRESSIONS)
    assert ADA in page.text
    assert GRACE in page.text
    assert "<script" not in page.text
    assert page.text.count("Lift the suppression") == 1
    assert (await merchant.press(SUPPRESSIONS, page, address=GRACE)).headers["Location"].endswith("kept")
    assert (await merchant.press(SUPPRESSIONS, page, address=ADA)).headers["Location"].endswith("lifted")
    assert (await merchant.press(SUPPRESSIONS, page, address=ADA)).headers["Location"].endswith("kept")
    assert ADA not in (await merchant.get(SUPPRESSIONS)).text
    assert await visitor.database.store.read(lambda tx: suppressions.in_force(tx, ADA)) == []
    assert (await merchant.get(SUPPRESSIONS, params={"before": "9" * 40})).status == 200


async def test_no_suppression_is_lost_between_two_pages(visitor: Visitor, merchant: Browser) -> None:
    many = (
        "INSERT INTO suppressions (identity, kind, since, words) "
        "SELECT 'p+' || n || '@example.com', 'bounce', {at}, 'gone' FROM {numbers}"
    )
    await fill(visitor.database, many, 120, at=str(START))  # all in one moment
    path, shown = SUPPRESSIONS, list[str]()
    while path:
        page = await merchant.get(path)
        shown += re.findall(r"p\+\d+@example\.com(?=<)", page.text)
        older = re.search(r'href="(/console/suppressions\?before=[^"]+)"', page.text)
        path = older[1] if older else ""
    assert sorted(set(shown)) == sorted(f"p+{n}@example.com" for n in range(1, 121))
    for odd in ("x", "9" * 30, "5", "5.bounce.%00", ".."):
        assert (await merchant.get(f"{SUPPRESSIONS}?before={odd}")).status == 200


async def test_only_what_a_program_can_do_is_asked_again(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA, subscription={"ref": "S-7", "interval": "month", "status": "active"})
    customer_id = await customer_of(visitor)
    new = action_of(customer_id, verb=Verb.PAUSE, way=Way.ENDPOINT)

    async def body(tx: Tx) -> None:
        await provider_actions.add(tx, new)
        attempt = ActionAttempt("t1", "p1", START, "endpoint", "failed", 422, XSS)
        await provider_actions.add_attempt(tx, attempt)

    await visitor.database.store.write(body)
    page = await merchant.get(ACTIONS)
    assert "Asked 1 time" in page.text
    assert "<script" not in page.text
    assert (await merchant.press(f"{ACTIONS}/p1/again", page)).headers["Location"].endswith("not_again")
    assert (await merchant.press(f"{ACTIONS}/p1/done", page)).headers["Location"].endswith("done")
    assert await mails(visitor, ADA, MailKind.CANCEL_DONE) == []
    assert (MAY, "pause_done") in await notes(visitor, customer_id)

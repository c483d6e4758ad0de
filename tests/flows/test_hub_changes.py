"""Walks of customers who change something: details, address, subscriptions; on real sockets and both databases."""

import asyncio
import email
import email.policy
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from flows.hub import Answer, Visitor, sale, server_on, signed, visiting
from sources.goldens import body_of
from support.databases import Database
from worker.actions.accept_transaction import Telling, accept_transaction
from worker.actions.issue_receipt import issue_receipt
from worker.actions.redeem_link import redeem_link
from worker.actions.request_link import Asked, request_link
from worker.core import tokens
from worker.core.access import Way
from worker.core.fresh import Fresh
from worker.core.invoice import Seller
from worker.core.policy import Policy, ReceiptPolicy
from worker.core.provider_action import Verb
from worker.core.transaction import from_json
from worker.exit.letters import Writer, gather, write
from worker.mail.message import Mailbox
from worker.sources import SOURCES
from worker.sources.acting import Asked as ProviderAsked
from worker.sources.ways import Reach
from worker.store import access, customers, invoices, outbox, provider_actions, transactions
from worker.store.changes import Topic
from worker.store.invoices import Purpose
from worker.store.outbox import OutboxItem
from worker.transactions import TransactionQueue, run_transactions
from worker.wiring.provider_actions import ways_of

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
OURS = {"Sec-Fetch-Site": "same-origin"}
NEXT = "2026-12-22T18:48:00Z"
PLAN = {"ref": "S/7 x", "interval": "month", "next_payment_at": NEXT, "next_amount": 5831}
ADDRESS = {"line1": "Weg 1", "city": "Ulm", "postal_code": "89073", "country": "DE"}
ADA = {"email": "ada@example.com", "name": "Ada Lindqvist", "address": ADDRESS}
MERCHANT = "merchant@shop.example"


@dataclass(frozen=True, slots=True)
class Browser:
    """A customer's browser that is in; its presses come from our own pages unless told otherwise."""

    visitor: Visitor
    cookie: str

    async def get(self, path: str) -> Answer:
        return await self.visitor.get(path, headers={"Cookie": f"letterkey_session={self.cookie}"})

    async def post(self, path: str, **fields: str) -> Answer:
        return await self.press(path, fields, "same-origin")

    async def press(self, path: str, fields: Mapping[str, str], site: str) -> Answer:
        headers = {"Cookie": f"letterkey_session={self.cookie}", "Sec-Fetch-Site": site}
        return await self.visitor.ask("POST", path, data=fields, headers=headers)


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    server = server_on(database, alerts={"to": [MERCHANT]}, mail={"from": "Shop <shop@shop.example>"})
    async with visiting(server, database) as visitor:
        assert (await visitor.tell(sale(customer=ADA, subscription=PLAN))).status == 201
        yield visitor


def fresh(visitor: Visitor) -> Fresh:
    return visitor.server.fresh()


async def come_in(visitor: Visitor, address: str = "ada@example.com") -> Browser:
    write_, asked = visitor.database.store.write, Asked(Way.COMMAND, address)
    requested = await write_(lambda tx: request_link(tx, asked, visitor.server.access, fresh(visitor)))
    row = await visitor.database.store.read(lambda tx: access.request(tx, requested.request_id))
    assert row is not None
    assert row.link_id is not None
    link_id = row.link_id
    redeemed = await write_(lambda tx: redeem_link(tx, link_id, None, fresh(visitor)))
    assert redeemed is not None
    return Browser(visitor, redeemed.session_id)


async def mails(visitor: Visitor, address: str) -> list[OutboxItem]:
    rows = await visitor.database.store.read(lambda tx: outbox.to_address(tx, address))
    return [row for row in reversed(rows) if row.kind.value not in ("receipt", "access")]


async def words_of(visitor: Visitor, item: OutboxItem) -> str:
    """The mail as the exit writes it."""
    server = visitor.server
    writer = Writer(
        stationery=server.stationery,
        brand=server.brand,
        sender=Mailbox("Shop", "shop@shop.example"),
        reply_to=None,
        reply_opens_hub=False,
        base_url="http://127.0.0.1:8080",
        locale="en",
        secret_keys=server.keys.secret_keys,
        document_keys=server.keys.document_keys,
    )
    material = await visitor.database.store.read(lambda tx: gather(tx, [item], "en"))
    raw = write(writer, item, material, item.created_at).raw
    message = email.message_from_bytes(raw, policy=email.policy.default)
    part = message.get_body(("plain",))
    assert part is not None
    return f"{message['Subject']}\n{part.get_content()}".replace("\r\n", "\n")


async def link_in(visitor: Visitor, item: OutboxItem) -> str:
    """The path of the link in a mail, alone on its line."""
    found = re.search(r"^http://127\.0\.0\.1:8080(/\S+)$", await words_of(visitor, item), re.MULTILINE)
    assert found is not None
    return found[1]


async def glance_of(visitor: Visitor, address: str = "ada@example.com") -> str:
    """What a link that was just asked for shows at first sight."""
    await visitor.database.pass_seconds(61)  # one mail a minute
    requested = await visitor.database.store.write(
        lambda tx: request_link(tx, Asked(Way.COMMAND, address), visitor.server.access, fresh(visitor))
    )
    row = await visitor.database.store.read(lambda tx: access.request(tx, requested.request_id))
    assert row is not None
    token = tokens.sign(str(row.link_id), Purpose.ACCESS, visitor.server.keys.secret_keys)
    return (await visitor.get(f"/access/{token}")).text


async def kinds(visitor: Visitor, address: str) -> list[str]:
    return [mail.kind.value for mail in await mails(visitor, address) if mail.state == "due"]


async def cancel_link(visitor: Visitor, browser: Browser) -> str:
    """The address of the cancel page, as the overview shows it."""
    found = re.search(r'href="(/hub/subscriptions/[0-9a-f]+/cancel)"', (await browser.get("/hub/")).text)
    assert found is not None
    return found[1]


async def test_details_are_saved_and_issued_documents_stay_as_they_are(visitor: Visitor) -> None:
    store = visitor.database.store
    due = await store.read(lambda tx: transactions.due(tx, visitor.server.clock.now(), 10))
    policy = Policy(Seller("Shop"))
    for each in due:
        await store.write(lambda tx, each=each: issue_receipt(tx, each, policy, fresh(visitor)))  # type: ignore[misc]
    [row] = await visitor.rows("transactions_of_payment", payment_id=due[0])
    before = await store.read(lambda tx: invoices.of_payment(tx, row["payment_id"]))
    assert before is not None
    browser = await come_in(visitor)
    form = await browser.get("/hub/details")
    assert 'value="Ada Lindqvist"' in form.text
    assert '<option value="DE" selected>' in form.text
    typed = {**ADDRESS, "name": "Ada <b>L</b>", "postal_code": "1234"}
    wrong = await browser.post("/hub/details", **typed)
    assert wrong.status == 422
    assert 'aria-describedby="postal_code-wrong"' in wrong.text
    assert "Ada &lt;b&gt;L&lt;/b&gt;" in wrong.text
    saved = await browser.post("/hub/details", **{**typed, "postal_code": "89075"})
    assert (saved.status, saved.headers["Location"]) == (303, "/hub/details?saved=1")
    customer = await store.read(lambda tx: customers.by_email(tx, "ada@example.com"))
    assert customer is not None
    assert customer.address is not None
    assert (customer.name, customer.address.postal_code) == ("Ada <b>L</b>", "89075")
    assert await store.read(lambda tx: invoices.of_payment(tx, row["payment_id"])) == before


async def test_a_press_from_another_site_changes_nothing(visitor: Visitor) -> None:
    browser = await come_in(visitor)
    cancel = await cancel_link(visitor, browser)
    for path, fields in (
        ("/hub/details", {"name": "Eve"}),
        ("/hub/email", {"email": "eve@evil.example"}),
        (cancel, {}),
        (cancel.replace("/cancel", "/reason"), {"reason": "x"}),
    ):
        assert (await browser.press(path, fields, "cross-site")).status == 403
    assert await kinds(visitor, "ada@example.com") == []
    assert await kinds(visitor, "eve@evil.example") == []


async def test_whoever_is_not_in_sees_nothing(visitor: Visitor) -> None:
    cancel = await cancel_link(visitor, await come_in(visitor))
    stranger = Browser(visitor, "nobody")
    for path in ("/hub/details", "/hub/email", "/hub/subscriptions", cancel):
        assert (await stranger.get(path)).status == 303
    for path in ("/hub/details", "/hub/email", cancel, cancel.replace("/cancel", "/reason")):
        assert (await stranger.post(path, name="Eve", email="eve@evil.example")).status == 303
    assert await kinds(visitor, "ada@example.com") == []


async def test_a_new_address_is_proved_takes_over_and_is_undone(visitor: Visitor) -> None:
    browser = await come_in(visitor)
    assert (await browser.post("/hub/email", email="not one")).status == 422
    asked = await browser.post("/hub/email", email="ada@new.example")
    assert asked.status == 200
    assert "ada@new.example" in asked.text
    [proof] = await mails(visitor, "ada@new.example")
    path = await link_in(visitor, proof)
    for method in ("GET", "HEAD"):
        assert (await visitor.ask(method, path)).status == 200
    unsure = await visitor.ask("POST", path)
    assert "once more" in unsure.text
    assert (await visitor.ask("POST", path, headers={"Sec-Fetch-Site": "cross-site"})).status == 403
    assert await kinds(visitor, "ada@example.com") == []  # nothing happened yet
    hidden = re.search(r'name="csrf" value="([0-9a-f]+)"', unsure.text)
    assert hidden is not None
    cookie = {"Cookie": unsure.headers["Set-Cookie"].split(";")[0]}
    assert "Your address is changed" in (await visitor.ask("POST", path, data={"csrf": hidden[1]}, headers=cookie)).text
    assert (await visitor.ask("POST", path, headers=OURS)).status == 410
    assert "ada@new.example" in (await browser.get("/hub/")).text
    [notice] = await mails(visitor, "ada@example.com")
    said = await words_of(visitor, notice)
    assert "a•••@new" in said
    assert "ada@new.example" not in said
    undo = await link_in(visitor, notice)
    assert (await visitor.get(undo)).status == 200
    assert "It is undone" in (await visitor.ask("POST", undo, headers=OURS)).text
    assert (await visitor.ask("POST", undo, headers=OURS)).status == 410
    assert (await browser.get("/hub/")).status == 303
    assert (await visitor.database.store.read(lambda tx: customers.by_email(tx, "ada@new.example"))) is None


async def test_a_stale_link_is_followed_by_a_fresh_one_that_leads_back(visitor: Visitor) -> None:
    browser = await come_in(visitor)
    await visitor.database.pass_seconds(16 * 60)
    stale = await browser.get("/hub/email")
    assert "A fresh link first" in stale.text
    assert (await browser.post("/hub/email", email="ada@new.example")).text.count("A fresh link first") == 1
    assert "Look into your mailbox" in (await browser.post("/hub/email", fresh="1")).text
    rows = await visitor.database.store.read(lambda tx: outbox.to_address(tx, "ada@example.com"))
    token = tokens.sign(str(rows[0].params["link"]), Purpose.ACCESS, visitor.server.keys.secret_keys)
    assert (await browser.get(f"/access/{token}")).status == 200  # in already, but not freshly
    back = await browser.post(f"/access/{token}")
    assert (back.status, back.headers["Location"]) == (303, "/hub/email")
    again = Browser(visitor, back.headers["Set-Cookie"].split("=", 1)[1].split(";")[0])
    assert "New email address" in (await again.get("/hub/email")).text


async def test_cancel_in_two_presses_then_the_merchant_then_the_customer_is_told(visitor: Visitor) -> None:
    browser = await come_in(visitor)
    cancel = await cancel_link(visitor, browser)
    page = await browser.get(cancel)
    assert "22 December 2026" in page.text
    for _ in range(2):  # a double press is one wish
        pressed = await browser.post(cancel)
        assert (pressed.status, pressed.headers["Location"]) == (303, cancel)
    received = await browser.get(cancel)
    assert "We received your cancellation" in received.text
    for path in ("/hub/", "/hub/subscriptions"):
        shown = (await browser.get(path)).text
        assert "Cancellation received" in shown
        assert "Cancelled" not in shown
    glance = await glance_of(visitor)
    assert "Cancellation received" in glance
    assert "Active" not in glance
    assert "Course" not in glance
    assert await kinds(visitor, "ada@example.com") == ["cancel_received"]
    reason = cancel.replace("/cancel", "/reason")
    assert (await browser.post(reason, reason="Too dear")).headers["Location"] == f"{cancel}?thanks=1"
    todo = next(mail for mail in await mails(visitor, MERCHANT) if mail.kind.value == "cancel_todo")
    said = await words_of(visitor, todo)
    assert "S/7 x" in said
    assert "ada@example.com" in said
    done = await link_in(visitor, todo)
    for _ in range(3):
        assert "Is it cancelled?" in (await visitor.get(done)).text
    assert await kinds(visitor, "ada@example.com") == ["cancel_received"]
    for _ in range(2):
        assert "Thank you" in (await visitor.ask("POST", done, headers=OURS)).text
    assert await kinds(visitor, "ada@example.com") == ["cancel_received", "cancel_done"]
    assert await kinds(visitor, MERCHANT) == ["cancel_todo"]
    told = await words_of(visitor, (await mails(visitor, "ada@example.com"))[-1])
    assert "ends on 22 December 2026" in told
    assert "Cancelled" in (await browser.get("/hub/subscriptions")).text
    assert (await browser.get(cancel)).status == 303


async def test_the_providers_event_confirms_a_cancellation(visitor: Visitor) -> None:
    browser = await come_in(visitor)
    await browser.post(await cancel_link(visitor, browser))
    change = {
        "id": "ev_1",
        "kind": "subscription_changed",
        "occurred_at": "2026-11-23T00:00:00Z",
        "customer": {"email": "ada@example.com"},
        "subscription": {**PLAN, "status": "cancelled"},
    }
    assert (await visitor.tell(change)).status == 201
    assert await kinds(visitor, "ada@example.com") == ["cancel_received", "cancel_done"]
    assert await kinds(visitor, MERCHANT) == ["cancel_todo"]


async def test_the_day_that_the_provider_set_is_the_day_that_is_told(visitor: Visitor) -> None:
    browser = await come_in(visitor)
    await browser.post(await cancel_link(visitor, browser))
    change = {
        "id": "ev_1",
        "kind": "subscription_changed",
        "occurred_at": "2026-11-23T00:00:00Z",
        "customer": {"email": "ada@example.com"},
        "subscription": {**PLAN, "cancel_at": "2026-12-01T12:00:00Z"},
    }
    assert (await visitor.tell(change)).status == 201
    told = await words_of(visitor, (await mails(visitor, "ada@example.com"))[-1])
    assert "ends on 1 December 2026" in told


@asynccontextmanager
async def understanding(visitor: Visitor) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    """The transaction queue runs; gives a way to send a webhook of Stripe's and wait until it is understood."""
    server, changes, stopping = visitor.server, visitor.database.store.changes, asyncio.Event()
    policy = Policy(Seller("Shop"), ReceiptPolicy(), "shop.example")
    queue = TransactionQueue(server.store, server.clock, policy, SOURCES, server.metrics)

    async def send(name: str) -> None:
        body, seen = body_of("stripe", name), changes.count(Topic.TRANSACTIONS)
        sent = await visitor.ask("POST", "/webhooks/stripe", data=body, headers=signed(body))
        assert sent.status == 200
        await changes.wait(Topic.TRANSACTIONS, seen, 10)

    async with asyncio.TaskGroup() as group:
        group.create_task(run_transactions(lambda: queue, stopping))
        yield send
        stopping.set()
        changes.tell(set(Topic))


async def test_stripes_webhook_confirms_a_cancellation(visitor: Visitor) -> None:
    async with understanding(visitor) as send:
        await send("customer.subscription.created.json")
        await send("invoice.paid.json")
        browser = await come_in(visitor)
        links = re.findall(r'href="(/hub/subscriptions/[0-9a-f]+/cancel)"', (await browser.get("/hub/")).text)
        [stripes] = [link for link in links if "Studio plan" in (await browser.get(link)).text]
        await browser.post(stripes)
        assert await kinds(visitor, "ada@example.com") == ["cancel_received"]
        await send("customer.subscription.updated.cancel_at_period_end.json")
        assert await kinds(visitor, "ada@example.com") == ["cancel_received", "cancel_done"]
        assert "It ends on 22 December 2026" in (await browser.get("/hub/subscriptions")).text
        await send("customer.subscription.deleted.json")
        assert await kinds(visitor, "ada@example.com") == ["cancel_received", "cancel_done"]
        assert "Cancelled" in (await browser.get("/hub/subscriptions")).text
        assert await kinds(visitor, MERCHANT) == ["cancel_todo"]


async def test_nobody_reaches_what_is_anothers(visitor: Visitor) -> None:
    eve_plan = {**PLAN, "ref": "S-eve"}
    eve = {"email": "eve@example.com", "address": ADDRESS}
    assert (await visitor.tell(sale(id="T-2", customer=eve, subscription=eve_plan))).status == 201
    ada, evil = await come_in(visitor), await come_in(visitor, "eve@example.com")
    cancel = await cancel_link(visitor, ada)
    assert (await evil.get(cancel)).status == 404
    assert (await evil.post(cancel)).status == 404
    assert (await evil.post(cancel.replace("/cancel", "/reason"), reason="x")).status == 404
    assert "ada@example.com" not in (await evil.get("/hub/details")).text
    assert cancel not in (await evil.get("/hub/subscriptions")).text
    assert await kinds(visitor, "ada@example.com") == []


async def test_tokens_of_another_purpose_open_nothing(visitor: Visitor) -> None:
    browser = await come_in(visitor)
    await browser.post("/hub/email", email="ada@new.example")
    [proof] = await mails(visitor, "ada@new.example")
    token = (await link_in(visitor, proof)).rpartition("/")[2]
    for path in ("/email/undo/", "/done/", "/access/", "/documents/"):
        for method in ("GET", "POST"):
            assert (await visitor.ask(method, path + token, headers=OURS)).status in (404, 405)
    for path in ("/email/confirm/", "/email/undo/", "/done/"):
        answer = await visitor.get(f"{path}not.a-token")
        assert answer.status == 404
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Referrer-Policy"] == "strict-origin"


def doors_of(shown: Answer) -> dict[str, str]:
    """What can be done, as the page offers it: the act, and where it is asked for."""
    found = re.findall(r'href="(/hub/subscriptions/[0-9a-f]+/(\w+))"', shown.text)
    return {act: url for url, act in found}


async def tell_plan(visitor: Visitor, number: int, **plan: object) -> None:
    said = {"id": f"P-{number}", "kind": "subscription_changed", "occurred_at": f"2026-11-23T10:0{number}:00Z"}
    told = await visitor.tell({**said, "customer": {"email": "ada@example.com"}, "subscription": {**PLAN, **plan}})
    assert told.status == 201, told.text


@pytest.fixture
async def pausing(database: Database) -> AsyncIterator[Visitor]:
    """A shop whose merchant pauses by hand, and whose program tells how subscriptions stand."""
    changes = {
        "alerts": {"to": [MERCHANT]},
        "mail": {"from": "Shop <shop@shop.example>"},
        "hub": {"allow_pause": True, "listen": "127.0.0.1:0"},
    }
    server = server_on(database, **changes)
    server = replace(server, ways=ways_of(server.settings))
    async with visiting(server, database) as visitor:
        assert (await visitor.tell(sale(customer=ADA, subscription=PLAN))).status == 201
        yield visitor


async def test_a_pause_and_going_on_are_asked_for_confirmed_by_the_shop_and_told(pausing: Visitor) -> None:
    browser = await come_in(pausing)
    doors = doors_of(await browser.get("/hub/subscriptions"))
    assert sorted(doors) == ["cancel", "pause"]
    asked = await browser.get(doors["pause"])
    assert "Pause Course?" in asked.text
    assert await kinds(pausing, "ada@example.com") == [], "looking asks for nothing"
    for _ in range(2):
        pressed = await browser.post(doors["pause"])
        assert (pressed.status, pressed.headers["Location"]) == (303, "/hub/subscriptions")
    shown = await browser.get("/hub/subscriptions")
    assert "Pause received" in shown.text
    assert "Paused" not in shown.text
    assert sorted(doors_of(shown)) == ["cancel"]
    assert await kinds(pausing, "ada@example.com") == ["action_received"]
    assert await kinds(pausing, MERCHANT) == ["action_todo", "action_reminder"]
    await tell_plan(pausing, 1, status="paused", next_payment_at=None)
    shown = await browser.get("/hub/subscriptions")
    assert "Paused" in shown.text
    assert sorted(doors_of(shown)) == ["cancel", "resume"]
    [done] = [mail for mail in await mails(pausing, "ada@example.com") if mail.state == "due"]
    assert "Your subscription is paused" in await words_of(pausing, done), "and that it was received need not be said"
    await browser.post(doors_of(shown)["resume"])
    await tell_plan(pausing, 2, status="active")
    said = [await words_of(pausing, mail) for mail in await mails(pausing, "ada@example.com") if mail.state == "due"]
    assert "Your subscription goes on" in said[1]
    assert "The next payment is on 22 December 2026." in said[1]


async def test_a_cancellation_is_taken_back_before_and_after_it_is_done(pausing: Visitor) -> None:
    browser = await come_in(pausing)
    cancel = doors_of(await browser.get("/hub/subscriptions"))["cancel"]
    assert 'value="now"' in (await browser.get(cancel)).text, "a person can do both, so there is a choice"
    await browser.post(cancel, when="period")
    undo = doors_of(await browser.get("/hub/subscriptions"))["undo"]
    assert "Keep Course?" in (await browser.get(undo)).text
    await browser.post(undo)
    await tell_plan(pausing, 1)
    shown = await browser.get("/hub/subscriptions")
    assert "Active" in shown.text
    await tell_plan(pausing, 2, cancel_at=NEXT)
    undo = doors_of(await browser.get("/hub/subscriptions"))["undo"]
    await browser.post(undo)
    assert "You asked on" in (await browser.get("/hub/subscriptions")).text
    await tell_plan(pausing, 3)
    said = [await words_of(pausing, mail) for mail in await mails(pausing, "ada@example.com") if mail.state == "due"]
    assert sum(each.startswith("Not cancelled: Course") for each in said) == 2


async def test_who_asked_to_keep_it_can_cancel_it_all_the_same(pausing: Visitor) -> None:
    browser = await come_in(pausing)
    await tell_plan(pausing, 1, cancel_at=NEXT)
    await browser.post(doors_of(await browser.get("/hub/subscriptions"))["undo"])
    shown = await browser.get("/hub/subscriptions")
    assert "You asked on" in shown.text
    cancel = doors_of(shown)["cancel"]
    assert "22 December 2026" in (await browser.get(cancel)).text
    await browser.post(cancel, when="period")
    assert "Cancellation received" in (await browser.get("/hub/subscriptions")).text
    [received] = [mail for mail in await mails(pausing, "ada@example.com") if mail.state == "due"]
    assert "22 December 2026" in await words_of(pausing, received), "and that it is kept is said no more"
    await tell_plan(pausing, 2)  # the merchant's person kept it first, as the first mail said
    assert "Cancellation received" in (await browser.get("/hub/subscriptions")).text
    await tell_plan(pausing, 3, cancel_at=NEXT)
    said = [await words_of(pausing, mail) for mail in await mails(pausing, "ada@example.com") if mail.state == "due"]
    assert said[-1].startswith("Cancelled: Course")


async def test_it_ends_at_once_only_where_that_was_chosen(pausing: Visitor) -> None:
    browser = await come_in(pausing)
    cancel = doors_of(await browser.get("/hub/subscriptions"))["cancel"]
    await browser.post(cancel, when="now")
    assert "is to end at once" in (await browser.get(cancel)).text
    [todo] = [mail for mail in await mails(pausing, MERCHANT) if mail.kind.value == "cancel_todo"]
    assert "at once, with no further payment" in await words_of(pausing, todo)


async def test_what_is_not_offered_is_not_done_whoever_sends_the_form(visitor: Visitor) -> None:
    browser = await come_in(visitor)
    cancel = await cancel_link(visitor, browser)
    for act in ("pause", "resume", "undo"):
        page = cancel.replace("/cancel", f"/{act}")
        assert (await browser.get(page)).status == 303
        assert (await browser.post(page)).status == 303
    assert (await browser.get(cancel.replace("/cancel", "/card"))).status == 404
    assert (await browser.post(cancel.replace("/cancel", "/card"))).status == 404
    assert (await browser.get(cancel.replace("/cancel", "/destroy"))).status == 404
    assert await kinds(visitor, "ada@example.com") == []
    assert await kinds(visitor, MERCHANT) == []


async def test_what_the_merchant_says_is_cancelled_is_neither_paused_nor_cancelled_again(pausing: Visitor) -> None:
    browser = await come_in(pausing)
    doors = doors_of(await browser.get("/hub/subscriptions"))
    await browser.post(doors["cancel"])
    [todo] = [mail for mail in await mails(pausing, MERCHANT) if mail.kind.value == "cancel_todo"]
    assert "Thank you" in (await pausing.ask("POST", await link_in(pausing, todo), headers=OURS)).text
    before = await kinds(pausing, MERCHANT), await kinds(pausing, "ada@example.com")
    assert doors_of(await browser.get("/hub/subscriptions")) == {}
    for act in ("pause", "cancel"):
        assert (await browser.post(doors[act])).status == 303
    assert (await kinds(pausing, MERCHANT), await kinds(pausing, "ada@example.com")) == before


async def test_the_card_is_changed_on_the_provider_s_page(database: Database) -> None:
    asked: list[ProviderAsked] = []

    async def card_page(_reach: Reach, question: ProviderAsked) -> str | None:
        asked.append(question)
        return "https://provider.example/p/session/1" if len(asked) > 1 else None

    account = {"secrets": ["whsec_x"], "api_key": "rk_test_1"}
    server = server_on(database, sources={"stripe": account}, mail={"from": "Shop <shop@shop.example>"})
    server = replace(server, ways=ways_of(server.settings), card_page=card_page)
    async with visiting(server, database) as visitor:
        told = sale(customer={**ADA, "ref": "cus_1"}, subscription={**PLAN, "ref": "sub_1"})
        telling = Telling("stripe", from_json(json.dumps(told)))
        await database.store.write(lambda tx: accept_transaction(tx, telling, fresh(visitor)))
        browser = await come_in(visitor)
        led = await browser.get("/hub/subscriptions?for=card")
        place = led.headers["Location"]
        assert "never by us" in (await browser.get(place)).text
        assert asked == []
        assert "didn’t open its page" in (await browser.post(place)).text
        ready = await browser.post(place)
        assert 'href="https://provider.example/p/session/1" rel="noreferrer"' in ready.text
        assert "Stripe" in ready.text
        while (answer := await browser.post(place)).status == 200:
            assert len(asked) <= 20
        assert (answer.status, int(answer.headers["Retry-After"]) <= 60) == (429, True)
        assert (await browser.get(place)).status == 200
    assert len(asked) > 2
    assert {(each.verb, each.subscription, each.customer) for each in asked} == {(Verb.CARD_PAGE, "sub_1", "cus_1")}


async def test_who_has_two_cards_to_change_is_not_told_that_none_can_be(database: Database) -> None:
    account = {"secrets": ["whsec_x"], "api_key": "rk_test_1"}
    server = server_on(database, sources={"stripe": account}, mail={"from": "Shop <shop@shop.example>"})
    server = replace(server, ways=ways_of(server.settings))
    async with visiting(server, database) as visitor:
        for number in (1, 2):
            plan = {**PLAN, "ref": f"sub_{number}"}
            told = sale(id=f"T-{number}", customer={**ADA, "ref": "cus_1"}, subscription=plan)
            telling = Telling("stripe", from_json(json.dumps(told)))
            await database.store.write(lambda tx, each=telling: accept_transaction(tx, each, fresh(visitor)))  # type: ignore[misc]
        shown = await (await come_in(visitor)).get("/hub/subscriptions?for=card")
    assert shown.text.count('/card"') == 2
    assert "changed on this page" not in shown.text


async def test_changed_details_are_told_to_each_account_that_can_keep_them(database: Database) -> None:
    account = {"secrets": ["whsec_x"], "api_key": "rk_test_1"}
    server = server_on(database, sources={"stripe": account}, mail={"from": "Shop <shop@shop.example>"})
    server = replace(server, ways=ways_of(server.settings))
    async with visiting(server, database) as visitor:
        told = sale(customer={**ADA, "ref": "cus_1"})
        for source in ("stripe", "api"):
            telling = Telling(source, from_json(json.dumps(told)))
            await database.store.write(lambda tx, each=telling: accept_transaction(tx, each, fresh(visitor)))  # type: ignore[misc]
        browser = await come_in(visitor)
        for name in ("Ada One", "Ada Two", "Ada Two"):
            assert (await browser.post("/hub/details", **{**ADDRESS, "name": name})).status == 303
        customer = await database.store.read(lambda tx: customers.by_email(tx, "ada@example.com"))
        assert customer is not None
        actions = await database.store.read(lambda tx: provider_actions.of_customer(tx, customer.id))
    assert [(each.source, each.customer_ref, each.state) for each in actions] == [
        ("stripe", "cus_1", "called_off"),
        ("stripe", "cus_1", "due"),
    ]
    assert '"name":"Ada Two"' in (actions[-1].details or "")

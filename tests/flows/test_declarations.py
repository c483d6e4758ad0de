"""Contracts cancelled and withdrawn from without signing in: both pages, their mails, and what strangers try there."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage

import pytest

from flows.hub import Answer, Visitor, visiting
from flows.merchants import come_in as enter_console
from flows.merchants import console_server
from flows.way_in import ADA, GRACE, STRANGER, Browser, buy, come_in, link_of, mails, server, text_of
from support.databases import START, Database
from worker.actions.accept_transaction import Telling, accept_transaction
from worker.actions.change_subscription import change_subscription
from worker.actions.declare import Press
from worker.actions.declare import declare as declare_it
from worker.actions.settle_action import settle_action
from worker.core.cancelling import PROVIDER
from worker.core.declaration import Declaration, What
from worker.core.instant import DAY
from worker.core.provider_action import Verb
from worker.core.rights import Act
from worker.core.transaction import Customer, Kind, Subscription, Transaction
from worker.sources import ACTINGS
from worker.sources.account import Account
from worker.sources.ways import Endpoint, Reach, Ways
from worker.store import audit, customers, declarations, outbox, provider_actions
from worker.store.audit import Sought
from worker.store.declarations import DeclarationRow
from worker.store.engine import Tx
from worker.store.outbox import MailKind
from worker.web.declarations import declare_policy_of
from worker.web.policies import cancel_policy_of

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
CANCEL, WITHDRAW = "/cancel/", "/withdraw/"
TYPED = {"name": "Ada Lindqvist", "contract": f"Order {ADA}-1", "email": ADA}
PLAN = {"ref": "S-7", "interval": "month", "status": "active", "next_payment_at": "2026-12-22T18:48:00Z"}
MERCHANT = "merchant@harbourandpine.example"
PAGE = re.compile(r'name="(?:page|csrf)" value="[^"]*"')
BUTTON = re.compile(r'<button class="(?:button|line-button)"[^>]*>([^<]*)</button>')


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(server(database, alerts={"to": [MERCHANT]}), database) as visitor:
        await buy(visitor, ADA, subscription=PLAN)
        yield visitor


async def declare(browser: Browser, place: str = CANCEL, **typed: str) -> Answer:
    """Fill in the form, look at what it says, press the button that counts."""
    sure = await browser.press(place, await browser.get(place), **{**TYPED, **typed})
    assert sure.status == 200
    return await browser.press(place, sure, press="declare")


async def kept(visitor: Visitor) -> list[DeclarationRow]:
    return await visitor.database.store.read(lambda tx: declarations.still_open(tx, 100))


async def confirmations(visitor: Visitor, address: str = ADA) -> list[EmailMessage]:
    return await mails(visitor, address, MailKind.DECLARATION_RECEIVED)


def unfolded(mail: EmailMessage) -> str:
    return " ".join(text_of(mail).split())


@pytest.mark.parametrize(
    ("place", "first", "second", "what"),
    [
        (CANCEL, "Cancel contracts here", "Cancel now", "cancellation"),
        (WITHDRAW, "Withdraw from contract here", "Confirm withdrawal", "withdrawal"),
    ],
)
async def test_two_pages_and_a_mail(visitor: Visitor, place: str, first: str, second: str, what: str) -> None:
    browser = Browser(visitor)
    form = await browser.get(place)
    assert BUTTON.findall(form.text) == [first]
    sure = await browser.press(place, form, **TYPED)
    assert BUTTON.findall(sure.text) == [second]
    assert all(value in sure.text for value in TYPED.values())
    assert await kept(visitor) == []
    done = await browser.press(place, sure, press="declare")
    assert f"We received your {what}" in done.text
    [row] = await kept(visitor)
    assert (row.said.name, row.said.contract, row.said.email) == tuple(TYPED.values())
    assert row.received_at == visitor.server.clock.now()
    [mail] = await confirmations(visitor)
    assert all(value in unfolded(mail).replace("\u200b", "") for value in TYPED.values())
    assert "November 2026" in unfolded(mail)
    assert mail["Subject"].startswith(f"We received your {what} (")
    [told] = await mails(visitor, MERCHANT, MailKind.DECLARATION_TODO)
    assert told["Reply-To"] == ADA
    [entry] = await visitor.database.store.read(lambda tx: audit.page(tx, Sought(what="declared"), 10))
    assert (entry.who, entry.subject) == ("web", row.id)


async def test_all_that_the_law_asks_for_is_kept_and_confirmed(visitor: Visitor) -> None:
    typed = {"manner": "extraordinary", "reason": "It was never delivered.", "end_on": "2026-12-31"}
    done = await declare(Browser(visitor), **typed)
    [row] = await kept(visitor)
    assert row.said.typed == {**TYPED, **typed}
    [mail] = await confirmations(visitor)
    for text in (done.text, unfolded(mail)):
        assert "extraordinary" in text
        assert "It was never delivered." in text.replace("\u200b", "")
        assert "31 December 2026" in text


async def test_pressed_twice_it_is_one(visitor: Visitor) -> None:
    browser = Browser(visitor)
    sure = await browser.press(CANCEL, await browser.get(CANCEL), **TYPED)
    first, again = [await browser.press(CANCEL, sure, press="declare") for _ in range(2)]
    assert PAGE.sub("", first.text) == PAGE.sub("", again.text)
    assert len(await kept(visitor)) == len(await confirmations(visitor)) == 1
    assert len(await mails(visitor, MERCHANT, MailKind.DECLARATION_TODO)) == 1


async def test_it_can_be_changed_before_and_saved_after(visitor: Visitor) -> None:
    browser = Browser(visitor)
    sure = await browser.press(CANCEL, await browser.get(CANCEL), **TYPED, end_on="2027-01-31")
    changed = await browser.press(CANCEL, sure, press="change")
    assert 'value="2027-01-31"' in changed.text
    unsaved = await browser.press(CANCEL, sure, press="save")
    assert "Content-Disposition" not in unsaved.headers
    done = await browser.press(CANCEL, sure, press="declare")
    saved = await browser.press(CANCEL, done, press="save")
    assert saved.headers["Content-Disposition"] == 'attachment; filename="cancel.txt"'
    assert saved.text.startswith("Received by Harbour & Pine on ")
    assert f"Email address: {ADA}\r\n" in saved.text
    assert len(await kept(visitor)) == 1


async def test_strangers_and_customers_see_the_same_and_get_the_same_mail(visitor: Visitor) -> None:
    browser, seen = Browser(visitor), []
    for address in (ADA, STRANGER):
        done = await declare(browser, email=address, contract="Order 7")
        [mail] = await confirmations(visitor, address)
        page = PAGE.sub("", done.text).replace(address, "")
        seen.append((done.status, page, mail["Subject"], re.sub(r"\S*example\S*", "", unfolded(mail))))
    assert seen[0] == seen[1]
    assert await mails(visitor, STRANGER) == []


async def test_a_customer_gets_the_link_to_their_own_pages_besides(visitor: Visitor) -> None:
    await declare(Browser(visitor))
    [mail] = await mails(visitor, ADA)
    assert "a cancellation was declared with your address" in unfolded(mail)
    browser, link = Browser(visitor), link_of(mail)
    pressed = await browser.press(link, await browser.get(link))
    assert pressed.headers["Location"] == "/hub/subscriptions?for=cancel"
    listed = await browser.get("/hub/")
    assert "A cancellation notice in your name was received" in listed.text


async def test_nothing_is_ended_by_who_only_knows_address_and_number(visitor: Visitor) -> None:
    await declare(Browser(visitor))
    customer = (await kept(visitor))[0].customer_id
    assert customer is not None
    assert await visitor.database.store.read(lambda tx: provider_actions.cancels_of(tx, customer)) == {}
    [told] = await mails(visitor, MERCHANT, MailKind.DECLARATION_TODO)
    assert "Address and number are those of one customer." in unfolded(told)
    assert "who it was is not proven" in unfolded(told)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"contract": "the course"}, "The address is a customer’s; the number isn’t known to be theirs."),
        ({"email": STRANGER}, "The address is nobody’s, but the number is that of the customer ada@example.com."),
        ({"email": STRANGER, "contract": "the course"}, "Neither the address nor a number is known."),
    ],
)
async def test_the_merchant_hears_what_it_fits(visitor: Visitor, typed: dict[str, str], says: str) -> None:
    await declare(Browser(visitor), **typed)
    [told] = await mails(visitor, MERCHANT, MailKind.DECLARATION_TODO)
    assert says in unfolded(told)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": " "}, "name"),
        ({"contract": ""}, "contract"),
        ({"email": "ada"}, "email"),
        ({"end_on": "soon"}, "end_on"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    visitor: Visitor, typed: dict[str, str], field: str
) -> None:
    answer = await Browser(visitor).post(CANCEL, **{**TYPED, "reason": "kept words", **typed})
    assert answer.status == 422
    assert f'id="{field}-wrong"' in answer.text
    assert "kept words" in answer.text
    assert await kept(visitor) == []


async def test_looking_changes_nothing(visitor: Visitor) -> None:
    for place in (CANCEL, WITHDRAW, "/cancel", f"{CANCEL}?name=Ada&contract=1&email={ADA}&press=declare&page=x"):
        assert (await visitor.get(place)).status == 200
        assert (await visitor.ask("HEAD", place)).body == b""
    assert await kept(visitor) == []


async def test_a_mailbox_is_not_buried_and_every_declaration_counts(visitor: Visitor) -> None:
    browser = Browser(visitor)
    answers = [await declare(browser, contract=f"Order {number}") for number in range(7)]
    assert len(await confirmations(visitor)) == 5
    assert "no further one is sent there" in answers[-1].text
    assert len(await kept(visitor)) == 7
    assert len(await mails(visitor, MERCHANT, MailKind.DECLARATION_TODO)) == 7


async def test_a_network_waits_as_it_does_for_links(database: Database) -> None:
    async with visiting(server(database, limits={"client_per_minute": 2}), database) as visitor:
        statuses = [(await declare(Browser(visitor))).status for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_nothing_typed_becomes_a_link_or_a_header(visitor: Visitor) -> None:
    nasty = "Win now at https://evil.example/x\r\nBcc: all@evil.example\u202e"
    await declare(Browser(visitor), name=nasty, reason=nasty, manner="extraordinary", contract="evil.example")
    for kind, to in ((MailKind.DECLARATION_RECEIVED, ADA), (MailKind.DECLARATION_TODO, MERCHANT)):
        [mail] = await mails(visitor, to, kind)
        html = mail.get_body(("html",))
        assert html is not None
        for text in (text_of(mail), html.get_content()):
            assert "evil.example" not in text
        for text in (text_of(mail), html.get_content(), mail["Subject"]):
            assert "https://evil" not in text
            assert "\u202e" not in text
        assert mail["Bcc"] is None


async def test_long_words_are_cut(visitor: Visitor) -> None:
    await declare(Browser(visitor), name="A" * 2000, reason="B" * 2000)
    [row] = await kept(visitor)
    assert (len(row.said.name), len(row.said.reason or "")) == (80, 300)


async def test_without_a_browser_s_word_a_cookie_and_a_second_press_do(visitor: Visitor) -> None:
    browser = Browser(visitor, says={})
    first = await browser.post(CANCEL, **TYPED)
    assert first.status == 403
    assert "Nothing was declared yet" in first.text
    sure = await browser.press(CANCEL, first, **TYPED)
    done = await browser.press(CANCEL, sure, press="declare")
    assert "We received your cancellation" in done.text
    assert len(await kept(visitor)) == 1


async def test_german_buttons_say_what_german_law_asks_for(visitor: Visitor) -> None:
    for place, labels in (
        (CANCEL, ["Verträge hier kündigen", "Jetzt kündigen", "Als Textdatei speichern"]),
        (WITHDRAW, ["Vertrag widerrufen", "Widerruf bestätigen", "Als Textdatei speichern"]),
    ):
        browser = Browser(visitor)
        form = await browser.get(f"{place}?lang=de")
        sure = await browser.press(place, form, **TYPED)
        done = await browser.press(place, sure, press="declare")
        assert [BUTTON.findall(page.text)[0] for page in (form, sure, done)] == labels
        assert all('<html lang="de"' in page.text for page in (form, sure, done))
    subjects = {mail["Subject"].partition(" (")[0] for mail in await confirmations(visitor)}
    assert subjects == {"Ihre Kündigung ist eingegangen", "Ihr Widerruf ist eingegangen"}


async def test_the_way_there_is_at_the_foot_of_every_page(visitor: Visitor) -> None:
    browser = Browser(visitor)
    for page in (await browser.get("/updateinfo/"), await browser.get("/nowhere"), await come_in(browser)):
        assert 'href="/cancel/"' in page.text
        assert 'href="/withdraw/"' in page.text


async def test_what_can_be_taken_back_is_asked_for_and_the_customer_hears_of_it(database: Database) -> None:
    ways = Ways({"api": Reach(endpoint=Endpoint("https://shop.example/hook", ("whsec_c2VjcmV0",)))})
    hub = replace(server(database, alerts={"to": [MERCHANT]}), ways=ways)
    async with visiting(hub, database) as visitor:
        await buy(visitor, ADA, subscription=PLAN)
        await declare(Browser(visitor))
        [row] = await kept(visitor)
        action = await database.store.read(lambda tx: provider_actions.open_of(tx, "api", "S-7"))
        assert action is not None
        assert (action.id, action.verb) == (row.cancel_id, Verb.CANCEL_AT_PERIOD_END)
        assert len(await mails(visitor, ADA, MailKind.CANCEL_RECEIVED)) == 1
        [told] = await mails(visitor, MERCHANT, MailKind.DECLARATION_TODO)
        assert "The provider is asked to end it by itself." in unfolded(told)
        assert await mails(visitor, MERCHANT, MailKind.DECLARATION_REMINDER) == []
        await database.store.write(lambda tx: settle_action(tx, action, PROVIDER, hub.fresh()))
        assert await kept(visitor) == []


@pytest.mark.parametrize(
    ("kind", "ref", "asked"),
    [("stripe", "sub_1", True), ("paddle", "sub_1", True), ("lemonsqueezy", "7", True), ("paypal", "I-1", False)],
)
async def test_a_provider_that_can_take_it_back_is_asked(visitor: Visitor, kind: str, ref: str, asked: bool) -> None:
    policy = declare_policy_of(visitor.server)
    ways = Ways({kind: Reach(ACTINGS[kind], Account("key"))})
    policy = replace(policy, cancelling=replace(policy.cancelling, ways=ways))
    plan, fresh = Subscription(ref, "month", status="active", next_payment_at=START + 30 * DAY), visitor.server.fresh()
    told = Transaction("T", Kind.SALE, START, "EUR", 100, customer=Customer(email=ADA), subscription=plan)
    said = Declaration(What.CANCEL, "Ada", ref, ADA)

    async def body(tx: Tx) -> bool:
        await accept_transaction(tx, Telling(kind, told), fresh)
        await declare_it(tx, said, Press("page", "en"), policy, fresh)
        return await provider_actions.open_of(tx, kind, ref) is not None

    assert await visitor.database.store.write(body) is asked


async def test_what_is_declared_while_an_end_is_taken_back_is_asked_for_after_that(database: Database) -> None:
    ways = Ways({"api": Reach(endpoint=Endpoint("https://shop.example/hook", ("whsec_c2VjcmV0",)))})
    hub = replace(server(database, alerts={"to": [MERCHANT]}), ways=ways)
    async with visiting(hub, database) as visitor:
        await buy(visitor, ADA, subscription=PLAN | {"cancel_at": PLAN["next_payment_at"]})
        customer = await database.store.read(lambda tx: customers.by_email(tx, ADA))
        assert customer is not None
        wish = (Act.UNDO, cancel_policy_of(hub.settings, ways))
        name, fresh = ("api", "S-7"), hub.fresh()
        await database.store.write(lambda tx: change_subscription(tx, customer.id, name, wish, fresh))
        now = hub.clock.now()
        [keeping] = await database.store.write(lambda tx: provider_actions.claim(tx, "api", "exit", now, 5))
        await declare(Browser(visitor))
        action = await database.store.read(lambda tx: provider_actions.open_of(tx, "api", "S-7"))
        assert action is not None
        [row] = await kept(visitor)
        assert (action.id, action.verb) == (row.cancel_id, Verb.CANCEL_AT_PERIOD_END)
        assert await database.store.write(lambda tx: provider_actions.claim(tx, "api", "exit", now, 5)) == []
        await database.store.write(lambda tx: provider_actions.release(tx, "exit", keeping.id))
        [asked] = await database.store.write(lambda tx: provider_actions.claim(tx, "api", "exit", now, 5))
        assert asked.id == action.id


@pytest.mark.parametrize("typed", [{"contract": "the course"}, {"email": STRANGER}, {"end_on": "2027-01-31"}])
async def test_in_doubt_nothing_is_asked_for(database: Database, typed: dict[str, str]) -> None:
    ways = Ways({"api": Reach(endpoint=Endpoint("https://shop.example/hook", ("whsec_c2VjcmV0",)))})
    async with visiting(replace(server(database), ways=ways), database) as visitor:
        await buy(visitor, ADA, subscription=PLAN)
        await declare(Browser(visitor), **typed)
        assert await database.store.read(lambda tx: provider_actions.open_of(tx, "api", "S-7")) is None


async def test_who_is_in_withdraws_from_a_purchase_with_one_press(visitor: Visitor) -> None:
    browser = Browser(visitor)
    overview = await come_in(browser)
    [document] = re.findall(r'href="(/hub/invoices/[^"]+)"', overview.text)
    assert f'href="{document}/withdraw"' in (await browser.get(document)).text
    sure = await browser.get(f"{document}/withdraw")
    assert "Withdraw from this contract?" in sure.text
    assert await kept(visitor) == []
    for _ in range(2):
        assert (await browser.press(f"{document}/withdraw", sure)).headers["Location"] == f"{document}/withdraw"
    assert "We received your withdrawal" in (await browser.get(f"{document}/withdraw")).text
    [row] = await kept(visitor)
    assert (row.said.what, row.proven, row.said.email) == (What.WITHDRAW, True, ADA)
    assert len(await confirmations(visitor)) == 1
    [told] = await mails(visitor, MERCHANT, MailKind.DECLARATION_TODO)
    assert "A customer who had opened their purchases declared it" in unfolded(told)


async def test_who_is_in_withdraws_in_the_language_of_the_public_page(visitor: Visitor, database: Database) -> None:
    browser = Browser(visitor)
    overview = await come_in(browser)
    [document] = re.findall(r'href="(/hub/invoices/[^"]+)"', overview.text)
    customer = await database.store.read(lambda tx: customers.by_email(tx, ADA))
    assert customer is not None
    german = Customer(email=ADA, locale="de-AT")
    await database.store.write(lambda tx: customers.fill(tx, customer.id, german))
    sure = await browser.get(f"{document}/withdraw")
    assert '<html lang="de"' in sure.text
    for said in ("Diesen Vertrag widerrufen?", "Widerruf bestätigen", "Bestellung, Produkt oder Vertrag", "Abmelden"):
        assert said in sure.text, said
    await browser.press(f"{document}/withdraw", sure)
    assert "Ihr Widerruf ist eingegangen" in (await browser.get(f"{document}/withdraw")).text
    [mail] = await confirmations(visitor)
    assert mail["Subject"].startswith("Ihr Widerruf ist eingegangen")


async def test_withdrawing_is_offered_while_it_can_be_in_time_and_to_its_owner_alone(
    visitor: Visitor, database: Database
) -> None:
    grace = Browser(visitor)
    await buy(visitor, GRACE)
    mine = re.findall(r'href="(/hub/invoices/[^"]+)"', (await come_in(grace, GRACE)).text)[0]
    ada = Browser(visitor)
    await come_in(ada)
    assert (await ada.get(f"{mine}/withdraw")).status == 404
    pressed = await ada.press(f"{mine}/withdraw", await ada.get("/hub/"))
    assert pressed.status == 404
    database.clock.at += 45 * DAY
    await come_in(grace, GRACE)
    assert "/withdraw" not in (await grace.get(mine)).text.replace('href="/withdraw/"', "")
    assert (await grace.get(f"{mine}/withdraw")).headers["Location"] == mine
    assert await kept(visitor) == []


async def test_a_merchant_sees_what_was_declared_and_says_so_once(database: Database) -> None:
    async with visiting(console_server(database, alerts={"to": [MERCHANT]}), database) as visitor:
        await buy(visitor, ADA)
        await declare(Browser(visitor), name="<script>alert(1)</script>", reason="too late", manner="extraordinary")
        merchant, [row] = Browser(visitor), await kept(visitor)
        await enter_console(merchant)
        assert "was declared on your pages and waits for you" in (await merchant.get("/console/")).text
        metrics = await visitor.get(f"{visitor.ops}/metrics")
        assert 'letterkey_held{state="open",what="declarations"} 1.0' in metrics.text
        listed = await merchant.get("/console/declarations")
        assert "<script>alert" not in listed.text
        assert "Address and number are those of one customer." in listed.text
        place = f"/console/declarations/{row.id}/done"
        ends = [(await merchant.press(place, listed)).headers["Location"].rpartition("=")[2] for _ in range(2)]
        assert ends == ["done", "before"]
        assert await kept(visitor) == []
        reminders = await visitor.database.store.read(lambda tx: outbox.to_address(tx, MERCHANT))
        assert [each.state for each in reminders if each.kind is MailKind.DECLARATION_REMINDER] == ["expired"]
        assert "Seen to on" in (await merchant.get("/console/declarations")).text


async def test_of_a_flood_the_merchant_hears_once(visitor: Visitor) -> None:
    press, policy = Press("page", "en"), declare_policy_of(visitor.server)

    async def body(tx: Tx) -> None:
        for number in range(203):
            said = Declaration(What.WITHDRAW, "Eve", f"Order {number}", f"e{number}@example.net")
            await declare_it(tx, said, press, policy, visitor.server.fresh())

    await visitor.database.store.write(body)
    found = await visitor.database.store.read(lambda tx: outbox.to_address(tx, MERCHANT, 1000))
    kinds = [each.kind for each in found]
    assert kinds.count(MailKind.DECLARATION_TODO) == kinds.count(MailKind.DECLARATION_REMINDER) == 200
    assert kinds.count(MailKind.ALERT) == 1
    assert len(await kept(visitor)) == 100

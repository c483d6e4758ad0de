"""The console's pages of customers: who is found by what, and what a merchant can do for one."""

from collections.abc import AsyncIterator

import pytest

from flows import way_in
from flows.hub import Answer, Visitor, sale, visiting
from flows.merchants import MAY, OTHER, come_in, console_server
from flows.way_in import ADA, GRACE, Browser, buy, mails
from support.databases import START, Database
from worker.core.bounce import Happening
from worker.core.instant import MINUTE
from worker.core.suppression import SuppressionKind
from worker.store import audit, customers, suppressions
from worker.store.engine import Tx
from worker.store.outbox import MailKind
from worker.store.suppressions import NewBounce

LIST = "/console/customers"
XSS = '<script>alert("x")</script>'


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(console_server(database), database) as visitor:
        yield visitor


@pytest.fixture
async def merchant(visitor: Visitor) -> Browser:
    browser = Browser(visitor)
    await come_in(browser)
    return browser


async def customer_of(visitor: Visitor, address: str = ADA) -> str:
    found = await visitor.database.store.read(lambda tx: customers.by_email(tx, address))
    assert found is not None
    return found.id


async def notes(visitor: Visitor, customer_id: str) -> list[tuple[str, str]]:
    entries = await visitor.database.store.read(lambda tx: audit.of_customer(tx, customer_id))
    return [(entry.who, entry.what) for entry in entries]


async def bounce(visitor: Visitor, address: str, kind: SuppressionKind, words: str = "550 no such user") -> None:
    told = NewBounce(f"b{kind}", f"b{kind}", START, "dsn", Happening.HARD, None, address, "5.1.1", words)

    async def body(tx: Tx) -> None:
        await suppressions.suppress(tx, kind, told, address)

    await visitor.database.store.write(body)


async def find(merchant: Browser, words: str) -> Answer:
    answer = await merchant.get(LIST, params={"q": words})
    assert answer.status == 200
    return answer


async def test_a_customer_is_found_by_each_thing_that_is_known_of_them(visitor: Visitor, merchant: Browser) -> None:
    payment = {"method": "card", "last4": "4242", "references": ["ch_77"]}
    told = {"email": ADA, "name": "Ada Lindqvist", "company": "Löwe & Söhne", "ref": "cus_9"}
    subscription = {"ref": "S-7", "interval": "month", "status": "active"}
    said = sale(customer=told, payment=payment, subscription=subscription)
    await buy(visitor, GRACE, number=5)
    assert (await visitor.tell(said)).status == 201
    customer_id = await customer_of(visitor)
    for words in (
        "ada", "ADA@example.com", "lindq", "ada lind", "Löwe", "T-1042", "t-10", "ch_77", "cus_9", "S-7", "4242"
    ):  # fmt: skip
        answer = await find(merchant, words)
        assert f"{LIST}/{customer_id}" in answer.text, words
        assert GRACE not in answer.text, words
    assert "Card ending in 4242" in (await find(merchant, "4242")).text
    assert "Order T-1042" in (await find(merchant, "T-1042")).text


@pytest.mark.parametrize("words", ["%", "_", "a%", "'", "\\", "nobody", "😀", "é" * 400, "4243", "\0x", "' OR 1=1 --"])
async def test_what_is_nobody_s_finds_nobody(visitor: Visitor, merchant: Browser, words: str) -> None:
    await buy(visitor, ADA)
    assert "Nobody is known by that" in (await find(merchant, words)).text


async def test_without_words_the_newest_are_shown_and_before_the_first_what_will_be(
    visitor: Visitor, merchant: Browser
) -> None:
    assert "from the first sale on" in (await merchant.get(LIST)).text
    await buy(visitor, ADA)
    assert ADA in (await merchant.get(LIST)).text


async def test_one_page_tells_all_of_a_customer_and_nothing_of_another(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    await buy(visitor, GRACE)
    customer = Browser(visitor)
    await way_in.come_in(customer)
    answer = await merchant.get(f"{LIST}/{await customer_of(visitor)}")
    assert answer.status == 200
    for words in (ADA, "€58.31", f"Order {ADA}-1", "Document 1", "Link to the purchases", "Firefox", "Last seen"):
        assert words in answer.text, words
    assert GRACE not in answer.text
    assert customer.cookies["letterkey_session"] not in answer.text
    assert not way_in.URL.search(answer.text)
    assert "/access/" not in answer.text.replace("/console/access/", "")


async def test_what_strangers_wrote_is_never_obeyed(visitor: Visitor, merchant: Browser) -> None:
    hostile = {"email": ADA, "name": XSS + "\u202e" + "a" * 150, "company": XSS}
    assert (await visitor.tell(sale(id=XSS, customer=hostile))).status == 201
    await bounce(visitor, ADA, SuppressionKind.BOUNCE, XSS)
    answer = await merchant.get(f"{LIST}/{await customer_of(visitor)}")
    assert (answer.status, "<script" in answer.text, "\u202e" in answer.text) == (200, False, False)
    assert "<script" not in (await find(merchant, XSS)).text


@pytest.mark.parametrize("customer_id", ["nobody", "x" * 3000, "%00", "%F0%9F%98%80", "..%2F..%2Fetc"])
async def test_who_isn_t_there_is_not_found(visitor: Visitor, merchant: Browser, customer_id: str) -> None:
    page = await merchant.get(LIST)
    assert (await merchant.get(f"{LIST}/{customer_id}")).status == 404
    for verb in ("link", "sessions"):
        assert (await merchant.press(f"{LIST}/{customer_id}/{verb}", page)).status == 404
    assert (await merchant.press(f"{LIST}/{customer_id}/email", page, old=ADA, new=GRACE)).status == 404


async def test_send_link_mails_the_customer_alone_and_is_noted(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    path = f"{LIST}/{await customer_of(visitor)}"
    page = await merchant.get(path)
    pressed = await merchant.press(f"{path}/link", page)
    assert (pressed.status, pressed.headers["Location"]) == (303, f"{path}?done=link")
    [mail] = await mails(visitor, ADA)
    link = way_in.link_of(mail)
    told = await merchant.get(pressed.headers["Location"])
    assert "The link is on its way" in told.text
    assert link.rpartition("/")[2] not in pressed.text + told.text
    assert (await Browser(visitor).get(link)).status == 200
    assert (MAY, "send_link") in await notes(visitor, await customer_of(visitor))


async def test_strangers_can_t_use_up_what_merchants_may_send_nor_merchants_without_end(database: Database) -> None:
    limits = {"per_minute": 1, "per_hour": 2, "per_day": 2, "client_per_minute": 1000}
    async with visiting(console_server(database, limits=limits), database) as visitor:
        merchant = Browser(visitor)
        await come_in(merchant)
        await buy(visitor, ADA)
        await way_in.ask(Browser(visitor), ADA)  # a stranger: uses up the minute
        path = f"{LIST}/{await customer_of(visitor)}"
        page = await merchant.get(path)
        assert (await merchant.press(f"{path}/link", page)).headers["Location"].endswith("link")
        assert (await merchant.press(f"{path}/link", page)).headers["Location"].endswith("early")
        database.clock.at += MINUTE
        assert (await merchant.press(f"{path}/link", page)).headers["Location"].endswith("link")
        assert len(await mails(visitor, ADA)) == 3
        # What the merchant sent takes nothing from what the customer may ask for.
        await way_in.ask(Browser(visitor), ADA)
        assert len(await mails(visitor, ADA)) == 4
        database.clock.at += MINUTE
        assert (await merchant.press(f"{path}/link", page)).headers["Location"].endswith("early")


async def test_an_address_is_corrected_once(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    await buy(visitor, GRACE)
    path = f"{LIST}/{await customer_of(visitor)}"
    page = await merchant.get(path)
    for new, status, words in (
        ("ada", 422, "This isn’t an email address"),
        (GRACE, 409, "belongs to another customer"),
        (ADA, 409, "This is the address already"),
    ):
        wrong = await merchant.press(f"{path}/email", page, new=new)
        assert (wrong.status, words in wrong.text, f'value="{new}"' in wrong.text) == (status, True, True)
    assert (await merchant.press(f"{path}/email", page, new="ada@work.example")).status == 303
    assert len(await mails(visitor, "ada@work.example", MailKind.RECEIPT)) == 1
    again = await merchant.press(f"{path}/email", page, new="ada@third.example")
    assert (again.status, "was changed meanwhile" in again.text) == (409, True)
    assert [each for each in await notes(visitor, await customer_of(visitor)) if each == (MAY, "fix_email")] == [
        (MAY, "fix_email")
    ]
    assert "Replaced on" in (await merchant.get(path)).text


async def test_a_form_corrects_no_other_customer_s_address(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    await buy(visitor, GRACE)
    path = f"{LIST}/{await customer_of(visitor)}"
    page = await merchant.get(path)
    assert (await merchant.press(f"{path}/email", page, old=GRACE, new="eve@example.net")).status == 409
    assert await customer_of(visitor, GRACE)


async def test_a_suppression_is_lifted_but_not_after_a_complaint(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    await buy(visitor, GRACE)
    await bounce(visitor, ADA, SuppressionKind.BOUNCE)
    await bounce(visitor, GRACE, SuppressionKind.COMPLAINT)
    ada, grace = f"{LIST}/{await customer_of(visitor)}", f"{LIST}/{await customer_of(visitor, GRACE)}"
    page = await merchant.get(ada)
    assert "make relays refuse all your mails" in page.text
    # Another's address through this customer's page does nothing.
    assert (await merchant.press(f"{grace}/lift", page, address=ADA)).headers["Location"].endswith("kept")
    assert (await merchant.press(f"{ada}/lift", page, address=ADA)).headers["Location"].endswith("lifted")
    assert (await merchant.press(f"{ada}/lift", page, address=ADA)).headers["Location"].endswith("kept")
    assert "Lift the suppression" not in (await merchant.get(grace)).text
    assert (await merchant.press(f"{grace}/lift", page, address=GRACE)).headers["Location"].endswith("kept")
    assert (await notes(visitor, await customer_of(visitor))).count((MAY, "lift_suppression")) == 1


async def test_signing_a_customer_out_ends_sessions_and_links(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    customer = Browser(visitor)
    await way_in.come_in(customer)
    link = await way_in.new_link(visitor)
    path = f"{LIST}/{await customer_of(visitor)}"
    assert (await merchant.press(f"{path}/sessions", await merchant.get(path))).status == 303
    assert (await customer.get("/hub/")).status == 303
    assert (await Browser(visitor).get(link)).status == 410
    assert (MAY, "end_sessions") in await notes(visitor, await customer_of(visitor))


async def test_who_isn_t_in_sees_and_does_nothing(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    path = f"{LIST}/{await customer_of(visitor)}"
    page, stranger = await merchant.get(path), Browser(visitor)
    await way_in.come_in(stranger)
    before = len(await mails(visitor, ADA))
    for browser in (stranger, Browser(visitor, {"Sec-Fetch-Site": "cross-site"}, dict(merchant.cookies))):
        for verb in ("link", "email", "lift", "sessions"):
            assert (await browser.press(f"{path}/{verb}", page, new=OTHER, address=ADA)).status in (303, 403)
    assert (await stranger.get(path)).headers["Location"].startswith("/console/sign-in")
    assert len(await mails(visitor, ADA)) == before
    assert await customer_of(visitor)

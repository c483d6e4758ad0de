"""The console's pages of mails: the list, one mail's story, its preview without a live link, and sending it again."""

from collections.abc import AsyncIterator

import pytest

from flows import way_in
from flows.hub import Visitor, visiting
from flows.merchants import MAY, come_in, console_server
from flows.test_console_customers import XSS, bounce, customer_of, notes
from flows.test_declarations import TYPED, declare
from flows.way_in import ADA, GRACE, HIDDEN, Browser, buy, mails
from support.databases import START, Database
from worker.actions.declare import settle_declaration
from worker.core.delivery import MailState
from worker.core.instant import DAY
from worker.core.suppression import SuppressionKind
from worker.store import outbox, outbox_counts
from worker.store.engine import Tx
from worker.store.forgetting import Forgettable, Retention, forget_some
from worker.store.outbox import Attempt, MailKind, OutboxItem, Settled

LIST = "/console/mails"


@pytest.fixture
async def visitor(database: Database) -> AsyncIterator[Visitor]:
    async with visiting(console_server(database), database) as visitor:
        yield visitor


@pytest.fixture
async def merchant(visitor: Visitor) -> Browser:
    browser = Browser(visitor)
    await come_in(browser)
    return browser


async def items(visitor: Visitor, address: str = ADA) -> list[OutboxItem]:
    return await visitor.database.store.read(lambda tx: outbox.to_address(tx, address))


async def settle(visitor: Visitor, item: OutboxItem, state: MailState, reply: str = "250 ok") -> None:
    """As the exit does after a try."""
    result = {MailState.SENT: "accepted", MailState.FAILED: "refused", MailState.PARKED: "lost"}[state]

    async def body(tx: Tx) -> None:
        await outbox.claim(tx, "exit", START, 10)
        settled = Settled(item.id, "exit", state.value, "why", reply, 1, 0, START, START)
        attempt = Attempt(f"a{item.id}", item.id, item.recipient, START, "data", result, 250, reply, state.value, 1)
        await outbox.settle(tx, [settled], [attempt])

    await visitor.database.store.write(body)


async def test_the_list_is_sifted_by_state_and_address(visitor: Visitor, merchant: Browser) -> None:
    assert "Every mail that goes out stands here" in (await merchant.get(LIST)).text
    await buy(visitor, ADA)
    await buy(visitor, GRACE)
    [item] = await items(visitor)
    await settle(visitor, item, MailState.FAILED)
    for query, found in (
        ({}, {ADA, GRACE}),
        ({"state": "failed"}, {ADA}),
        ({"state": "due"}, {GRACE}),
        ({"state": "sent"}, set()),
        ({"state": "nonsense"}, {ADA, GRACE}),
        ({"to": ADA}, {ADA}),
        ({"to": GRACE, "state": "failed"}, set()),
        ({"before": item.id}, set()),
        ({"before": "'; DROP TABLE outbox"}, {ADA, GRACE}),
    ):
        answer = await merchant.get(LIST, params=query)
        rows = answer.text.partition("</form>\n")[2].partition("<main")[2].partition("</form>")[2]
        assert {each for each in (ADA, GRACE) if f"<bdi>{each}" in rows} == found, query
    wrong = await merchant.get(LIST, params={"to": '"><b>x'})
    assert (wrong.status, "isn’t an email address" in wrong.text, "<b>" in wrong.text) == (422, True, False)


async def test_pages_go_on_where_the_last_ended(visitor: Visitor, merchant: Browser) -> None:
    for number in range(53):
        await buy(visitor, f"c{number}@example.com")
    first = await merchant.get(LIST)
    older = first.text.partition('href="/console/mails?state=')[2].partition('"')[0].replace("&amp;", "&")
    second = await merchant.get(f"{LIST}?state={older}")
    shown = [each for each in range(53) for page in (first, second) if f">c{each}@example.com" in page.text]
    assert sorted(shown) == list(range(53))


async def test_a_mail_s_story_is_told_in_plain_words(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    [item] = await items(visitor)
    await settle(visitor, item, MailState.FAILED, f"550 5.1.1 {XSS} no such user")
    page = await merchant.get(f"{LIST}/{item.id}")
    for words in ("Put into the queue", "Refused by the relay", "no such user", "€58.31", "Failed"):
        assert words in page.text, words
    assert "<script" not in page.text


async def test_a_preview_has_no_live_link_and_can_do_nothing(visitor: Visitor, merchant: Browser) -> None:
    invoice = await buy(visitor, ADA)
    link, foot = await way_in.new_link(visitor), await way_in.foot_of(visitor, invoice)
    for item in await items(visitor):
        answer = await merchant.get(f"{LIST}/{item.id}/preview")
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "sandbox" in policy
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        for secret in (
            link,
            link.rpartition("/")[2][:20],
            foot[:20],
            "/access/",
            "/documents/",
            "?r=",
            "127.0.0.1:8080",
        ):
            assert secret not in answer.text, secret
        ids = [str(item.params.get("link")), str(item.params.get("request"))]
        assert not [each for each in ids if each != "None" and each in answer.text]
    codes = [way_in.code_of(mail) for mail in await mails(visitor, ADA)]
    assert codes
    assert not [code for code in codes if code in answer.text]


async def test_a_receipt_goes_again_once_for_each_form(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    [item] = await items(visitor)
    path = f"{LIST}/{item.id}"
    page = await merchant.get(path)
    early = await merchant.press(f"{path}/again", page, to=ADA)
    assert (early.status, "still on its way" in early.text) == (409, True)
    await settle(visitor, item, MailState.SENT)
    wrong = await merchant.press(f"{path}/again", page, to="ada@")
    assert (wrong.status, "isn’t an email address" in wrong.text, 'value="ada@"' in wrong.text) == (422, True, True)
    again = await merchant.press(f"{path}/again", page, to="ada@work.example")
    assert again.status == 303
    assert "It goes out again" in (await merchant.get(again.headers["Location"])).text
    assert (await merchant.press(f"{path}/again", page, to="ada@work.example")).headers["Location"].endswith("before")
    assert len(await mails(visitor, "ada@work.example", MailKind.RECEIPT)) == 1
    fresh = await merchant.get(path)
    assert dict(HIDDEN.findall(fresh.text))["once"] != dict(HIDDEN.findall(page.text))["once"]
    assert (await merchant.press(f"{path}/again", fresh, to=ADA)).status == 303
    assert (await notes(visitor, await customer_of(visitor))).count((MAY, "resend")) == 2


async def test_nothing_goes_again_to_a_suppressed_address(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    [item] = await items(visitor)
    await settle(visitor, item, MailState.SENT)
    await bounce(visitor, ADA, SuppressionKind.BOUNCE)
    path = f"{LIST}/{item.id}"
    answer = await merchant.press(f"{path}/again", await merchant.get(path), to=ADA)
    assert (answer.status, "Take another address" in answer.text) == (409, True)
    assert len(await items(visitor)) == 1


async def test_a_parked_mail_gets_one_decision(visitor: Visitor, merchant: Browser) -> None:
    await buy(visitor, ADA)
    await buy(visitor, GRACE)
    [ada], [grace] = await items(visitor), await items(visitor, GRACE)
    for item in (ada, grace):
        await settle(visitor, item, MailState.PARKED)
    page = await merchant.get(f"{LIST}/{ada.id}")
    assert "Did it arrive?" in page.text
    assert (await merchant.press(f"{LIST}/{ada.id}/arrived", page)).headers["Location"].endswith("arrived")
    assert (await merchant.press(f"{LIST}/{ada.id}/arrived", page)).headers["Location"].endswith("before")
    assert [item.state for item in await items(visitor)] == [MailState.SENT]
    told = await merchant.get(f"{LIST}/{ada.id}")
    assert "You said that it arrived" in told.text
    assert "Did it arrive?" not in told.text

    other = await merchant.get(f"{LIST}/{grace.id}")
    assert (await merchant.press(f"{LIST}/{grace.id}/again", other, to=GRACE)).status == 303
    assert "Did it arrive?" not in (await merchant.get(f"{LIST}/{grace.id}")).text
    assert (await merchant.press(f"{LIST}/{grace.id}/arrived", other)).headers["Location"].endswith("before")
    assert "You had it sent again" in (await merchant.get(f"{LIST}/{grace.id}")).text
    counts = await visitor.database.store.read(outbox_counts.counts)
    assert {state: n for state, n in counts.items() if n} == {"due": 1, "sent": 1, "expired": 1}
    assert (MAY, "mail_arrived") in await notes(visitor, await customer_of(visitor))


@pytest.mark.parametrize("mail_id", ["nothing", "x" * 2000, "%00", "..%2F"])
async def test_what_isn_t_there_is_not_found(visitor: Visitor, merchant: Browser, mail_id: str) -> None:
    page = await merchant.get(LIST)
    for path in (f"{LIST}/{mail_id}", f"{LIST}/{mail_id}/preview"):
        assert (await merchant.get(path)).status == 404
    assert (await merchant.press(f"{LIST}/{mail_id}/again", page, to=ADA)).status == 404


async def test_what_was_declared_is_shown_until_it_is_forgotten(visitor: Visitor, merchant: Browser) -> None:
    await declare(Browser(visitor))
    [mail] = [item for item in await items(visitor) if item.kind is MailKind.DECLARATION_RECEIVED]
    assert TYPED["name"] in (await merchant.get(f"{LIST}/{mail.id}/preview")).text
    assert f"{mail.id}/preview" in (await merchant.get(f"{LIST}/{mail.id}")).text
    name, fresh = str(mail.params["declaration"]), visitor.server.fresh()
    assert await visitor.database.store.write(lambda tx: settle_declaration(tx, name, "ada", fresh))
    for each in await visitor.database.store.write(lambda tx: outbox.claim(tx, "exit", START, 10)):
        await settle(visitor, each, MailState.SENT)

    async def forget(tx: Tx) -> None:
        assert await forget_some(tx, Forgettable.DECLARATIONS, Retention(1, 1, 1, 1), START + 2 * DAY, 10) == 1

    await visitor.database.store.write(forget)
    assert (await merchant.get(f"{LIST}/{mail.id}/preview")).status == 404
    story = (await merchant.get(f"{LIST}/{mail.id}")).text
    assert ADA in story
    assert "/preview" not in story

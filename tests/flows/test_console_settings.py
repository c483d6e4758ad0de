"""The console's settings: what a merchant makes there is kept, checked and shown, and nobody else can make any."""

import html
import io
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from flows import way_in
from flows.hub import Answer, Visitor, visiting
from flows.merchants import OTHER, come_in, console_server
from flows.way_in import HIDDEN, Browser, buy
from support.databases import Database
from support.drawings import png
from worker.store import made_settings

HUB, RECEIPTS = "/console/settings/hub", "/console/settings/receipts"
XSS = '"><script>alert(1)</script>'
HUB_FLAGS = tuple(f"hub.allow_{name}" for name in ("cancel", "cancel_split_pay", "email_change", "pause"))
RECEIPT_FLAGS = ("receipts.recurring", "dunning.failed", "dunning.upcoming", "dunning.card_expiring")
TICKED = dict.fromkeys(RECEIPT_FLAGS[1:], "true")
ALL = {"hub.allow_cancel": "true", "hub.allow_email_change": "true"}


@pytest.fixture
async def anywhere(database: Database) -> AsyncIterator[Visitor]:
    """For what a database decides."""
    async with visiting(console_server(database), database) as visitor:
        yield visitor


@pytest.fixture
async def visitor(sqlite_database: Database) -> AsyncIterator[Visitor]:
    async with visiting(console_server(sqlite_database), sqlite_database) as visitor:
        yield visitor


async def merchant(visitor: Visitor, address: str = "may@harbourandpine.example") -> Browser:
    browser = Browser(visitor)
    await come_in(browser, address)
    return browser


async def made(visitor: Visitor) -> dict[str, object]:
    return (await visitor.server.store.read(made_settings.made_settings)).values


async def upload(browser: Browser, data: bytes, name: str = "logo.png", **changes: str) -> Answer:
    """The logo's form with a file chosen."""
    hidden = dict(HIDDEN.findall((await browser.get(RECEIPTS)).text)) | changes
    form = aiohttp.FormData(default_to_multipart=True)
    for field, value in hidden.items():
        form.add_field(field, value)
    form.add_field("logo", io.BytesIO(data), filename=name, content_type="image/png")
    return await browser._ask("POST", f"{RECEIPTS}/logo", data=form)


def value_of(page: Answer, name: str) -> str:
    found = re.search(rf'<input id="{re.escape(name)}"[^>]* value="([^"]*)"', page.text)
    assert found is not None, name
    return html.unescape(found[1])


async def test_a_switch_is_saved_shown_and_given_back(anywhere: Visitor) -> None:
    visitor, browser = anywhere, await merchant(anywhere)
    before = await browser.get(HUB)
    assert "writes to you" in before.text
    assert before.text.count("can cancel</td>") == 13, "all but split pay in the UK and elsewhere"
    pressed = await browser.press(HUB, before, **ALL, **{"hub.allow_cancel_split_pay": "true"})
    assert (pressed.status, pressed.headers["Location"]) == (303, f"{HUB}?saved=1")
    assert await made(visitor) == {"hub.allow_cancel_split_pay": True}
    after = await browser.get(f"{HUB}?saved=1")
    assert "It counts from now on" in after.text
    assert after.text.count("can cancel</td>") == 15
    assert "Set here by may@harbourandpine.example" in after.text
    back = await browser.press(HUB, after, back="hub.allow_cancel_split_pay")
    assert back.status == 303
    assert await made(visitor) == {}


async def test_every_box_can_be_ticked_and_emptied(visitor: Visitor) -> None:
    browser = await merchant(visitor)
    for place, names in ((HUB, HUB_FLAGS), (RECEIPTS, RECEIPT_FLAGS)):
        for ticked in (names, (), names):
            page = await browser.get(place)
            assert re.findall(r'name="([^"]+)" type="checkbox"', page.text) == list(names)
            assert (await browser.press(place, page, **dict.fromkeys(ticked, "true"))).status == 303
            shown = (await browser.get(place)).text
            assert re.findall(r'name="([^"]+)" type="checkbox" value="true" checked', shown) == list(ticked)


async def test_the_law_comes_before_the_settings(visitor: Visitor) -> None:
    browser = await merchant(visitor)
    await browser.press(HUB, await browser.get(HUB))  # every box empty
    assert await made(visitor) == {"hub.allow_cancel": False, "hub.allow_email_change": False}
    assert (await browser.get(HUB)).text.count("can cancel</td>") == 9, "the EU, the US and who hasn't said"


async def test_the_hub_s_link_is_there_to_be_handed_out(visitor: Visitor) -> None:
    page = await (await merchant(visitor)).get(HUB)
    link = "http://127.0.0.1:8080/updateinfo/"
    assert value_of(page, "link") == link
    assert html.escape(f'<a href="{link}">Your purchases</a>', quote=True) in page.text.replace("&#34;", "&quot;")
    assert "hub.allow_pause" in page.text


async def test_receipts_are_set_and_their_numbers_go_upwards(anywhere: Visitor) -> None:
    visitor, browser = anywhere, await merchant(anywhere)
    await buy(visitor, "ada@example.com")
    page = await browser.get(RECEIPTS)
    assert "The next number is 2." in page.text
    wrong = await browser.press(RECEIPTS, page, **{"invoices.start": "1", "invoices.prefix": "Nr. 1 "})
    assert (wrong.status, "letters, digits and" in wrong.text) == (422, True)
    assert value_of(wrong, "invoices.prefix") == "Nr. 1 ", "what was typed stays"
    fields = {
        "receipts.style": "simple",
        "invoices.start": "70",
        "invoices.prefix": "HP-",
        "receipts.recurring": "true",
    }
    assert (await browser.press(RECEIPTS, page, **TICKED, **fields)).status == 303
    assert await made(visitor) == {
        "receipts.style": "simple", "invoices.start": 70, "invoices.prefix": "HP-", "receipts.recurring": True
    }  # fmt: skip
    page = await browser.get(RECEIPTS)
    assert "The next number is HP-70." in page.text
    behind = await browser.press(RECEIPTS, page, **{"invoices.start": "1", "receipts.recurring": "true"})
    assert (behind.status, "must be 2 or more" in behind.text) == (422, True)


async def test_products_that_were_sold_can_have_a_style_of_their_own(visitor: Visitor) -> None:
    browser = await merchant(visitor)
    line = {"description": XSS, "product": "c.1 <b>", "quantity": 1, "unit_amount": 4900}
    await buy(visitor, "ada@example.com", total=4900, lines=[line])
    page = await browser.get(RECEIPTS)
    assert "c.1 &lt;b&gt;" in page.text
    assert "<script>" not in page.text
    name = "products.c.1 <b>.receipt_style"
    assert (await browser.press(RECEIPTS, page, **TICKED, **{name: "none"})).status == 303
    assert await made(visitor) == {name: "none"}
    assert (await browser.press(RECEIPTS, page, **TICKED, **{"products.unknown.receipt_style": "none"})).status == 303
    assert await made(visitor) == {name: "none"}, "only what the page lists"


async def test_a_preview_shows_both_styles_and_changes_nothing(anywhere: Visitor) -> None:
    visitor, browser = anywhere, await merchant(anywhere)
    page = await browser.get(RECEIPTS)
    edited = {"do": "preview", "business.name": f"New {XSS}", "business.colours.accent": "#c0392b"}
    shown = await browser.press(RECEIPTS, page, **edited)
    assert (shown.status, "A preview: nothing is saved yet" in shown.text) == (200, True)
    assert "<script>" not in shown.text
    assert "frame-src 'self'" in shown.headers["Content-Security-Policy"]
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    frames = [html.unescape(found) for found in re.findall(r'<iframe src="([^"]+)"', shown.text)]
    invoice, simple = [await browser.get(frame) for frame in frames]
    for frame in (invoice, simple):
        assert frame.status == 200
        assert "New &#34;&gt;&lt;script&gt;" in frame.text
        assert "<script>" not in frame.text
        assert "default-src 'none'" in frame.headers["Content-Security-Policy"]
        assert "sandbox" in frame.headers["Content-Security-Policy"]
        assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert ("/updateinfo/" in invoice.text, "/updateinfo/" in simple.text) == (True, False)
    assert "#c0392b" in invoice.text
    assert await made(visitor) == {}
    assert (await browser.get(f"{RECEIPTS}/preview/none")).status == 404


async def test_a_preview_of_what_cannot_be_says_so(visitor: Visitor) -> None:
    browser = await merchant(visitor)
    page = await browser.get(RECEIPTS)
    shown = await browser.press(RECEIPTS, page, **{"do": "preview", "business.support_url": "javascript:alert(1)"})
    assert (shown.status, "is no web address" in shown.text) == (422, True)
    frame = await browser.get(f"{RECEIPTS}/preview/invoice?business.support_url=javascript:alert(1)")
    assert (frame.status, "javascript:" in frame.text) == (200, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("business.support_url", "javascript:alert(1)"),
        ("business.support_url", "data:text/html,<script>alert(1)</script>"),
        ("business.support_email", "a@x.example\r\nBcc: b@x.example"),
        ("business.name", "Shop\nX-Header: 1"),
        ("business.colours.accent", "red;}body{display:none"),
        ("business.address.country", "Nowhere"),
        ("receipts.style", "loud"),
    ],
)
async def test_what_would_harm_is_refused_in_words(visitor: Visitor, name: str, value: str) -> None:
    browser = await merchant(visitor)
    answer = await browser.press(RECEIPTS, await browser.get(RECEIPTS), **{name: value})
    assert (answer.status, "Nothing was saved yet" in answer.text) == (422, True)
    assert await made(visitor) == {}


async def test_a_name_that_is_a_script_stays_a_name(visitor: Visitor) -> None:
    browser = await merchant(visitor)
    assert (await browser.press(RECEIPTS, await browser.get(RECEIPTS), **{"business.name": XSS})).status == 303
    page = await browser.get(RECEIPTS)
    assert value_of(page, "business.name") == XSS
    assert "<script>" not in page.text


async def test_a_logo_is_what_its_bytes_are(anywhere: Visitor) -> None:
    visitor, browser = anywhere, await merchant(anywhere)
    for data, told in (
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "must be a PNG, JPEG or GIF"),
        (b"", "must be a PNG, JPEG or GIF"),
        (png() + bytes(200_001), "travel in every mail"),
        (png(40_000, 1), "40000 × 1 pixels"),
    ):
        answer = await upload(browser, data)
        assert (answer.status, told in answer.text) == (422, True), told
    assert await made(visitor) == {}
    assert (await upload(browser, png(40, 20) + b"<script>alert(1)</script>", "x.svg")).status == 303
    held = str((await made(visitor))["business.logo"])
    assert held.startswith("data:image/png;base64,")
    assert "c2NyaXB0" not in held, "what lies behind the picture is gone"
    assert (await upload(browser, bytes(2_000_000))).status == 413
    page = await browser.get(RECEIPTS)
    assert (await browser.press(RECEIPTS, page, back="business.logo")).status == 303
    assert await made(visitor) == {}


async def test_the_second_of_two_merchants_is_told_what_the_first_changed(anywhere: Visitor) -> None:
    visitor, may, lee = anywhere, await merchant(anywhere), await merchant(anywhere, OTHER)
    page_of_may, page_of_lee = await may.get(RECEIPTS), await lee.get(RECEIPTS)
    assert (await may.press(RECEIPTS, page_of_may, **TICKED, **{"business.name": "By May"})).status == 303
    overtaken = await lee.press(
        RECEIPTS, page_of_lee, **TICKED, **{"business.name": "By Lee", "business.tax_id": "DE1"}
    )
    assert overtaken.status == 409
    for said in ("somebody else has changed this", "By May", "may@harbourandpine.example", "Save again"):
        assert said in overtaken.text
    assert value_of(overtaken, "business.name") == "By Lee"
    assert await made(visitor) == {"business.name": "By May"}
    again = await lee.press(RECEIPTS, overtaken, **TICKED, **{"business.name": "By Lee", "business.tax_id": "DE1"})
    assert again.status == 303
    assert await made(visitor) == {"business.name": "By Lee", "business.tax_id": "DE1"}


async def test_others_sites_and_strangers_make_nothing(visitor: Visitor) -> None:
    browser = await merchant(visitor)
    page = await browser.get(HUB)
    forged = Browser(visitor, {**browser.says, "Sec-Fetch-Site": "cross-site"}, dict(browser.cookies))
    for path in (HUB, RECEIPTS):
        assert (await forged.press(path, page, **ALL)).status == 403
    assert (await upload(forged, png())).status == 403
    silent = Browser(visitor, {"User-Agent": "old"}, dict(browser.cookies))
    assert (await silent.post(HUB, csrf="guessed", **ALL)).status == 403
    assert (await upload(silent, png(), csrf="guessed")).status == 403
    stranger = Browser(visitor)
    for path in (HUB, RECEIPTS, f"{RECEIPTS}/preview/invoice"):
        assert (await stranger.get(path)).headers["Location"] == "/console/sign-in"
    assert (await stranger.post(HUB, **ALL)).headers["Location"] == "/console/sign-in"
    customer = Browser(visitor)
    await buy(visitor, way_in.ADA)
    await way_in.come_in(customer)
    assert (await customer.post(HUB, **ALL)).headers["Location"] == "/console/sign-in"
    assert await made(visitor) == {}


async def test_nothing_else_can_be_made(visitor: Visitor) -> None:
    browser = await merchant(visitor)
    for name in ("base_url", "console.merchants", "secret_keys", "mail.smtp_url", "hub.listen"):
        assert (await browser.press(HUB, await browser.get(HUB), **ALL, **{name: "x"})).status == 303
        assert (await browser.press(RECEIPTS, await browser.get(RECEIPTS), **{name: "x", "back": name})).status == 303
    assert await made(visitor) == {}


async def test_a_made_setting_that_does_not_hold_is_shown(visitor: Visitor) -> None:
    store = visitor.server.store
    await store.write(lambda tx: made_settings.put(tx, {"receipts.style": "older"}, "may", 0))
    page = await (await merchant(visitor)).get(RECEIPTS)
    assert "doesn’t hold any more" in page.text
    assert "receipts.style" in page.text


@pytest.mark.parametrize(
    "body", [b"", b"--x", b"--x\r\n\r\n--x--", b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--"]
)
async def test_odd_uploads_are_refused(visitor: Visitor, body: bytes) -> None:
    browser = await merchant(visitor)
    says = {**browser.says, "Content-Type": "multipart/form-data; boundary=x"}
    answer = await Browser(visitor, says, browser.cookies)._ask("POST", f"{RECEIPTS}/logo", data=body)
    assert answer.status == 422
    assert (await browser.post(f"{RECEIPTS}/logo", logo="x")).status == 415 or await made(visitor) == {}

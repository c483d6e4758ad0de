"""Photographs every mail and page: `make screenshots`, or with `PYTHONPATH=.:tests`
`python tests/browser/photograph.py [NAME …]`, writes PNG files to `screenshots/`.
`--for-docs` writes those that the README and docs/ show into `docs/pictures/` instead.

Each is taken at 390 px (a phone) and 1280 px (a desktop), light and dark, with Chromium.
"""

import asyncio
import re
import sys
from email.message import EmailMessage
from html import escape
from itertools import product
from pathlib import Path

from playwright.async_api import async_playwright
from playwright.sync_api import Browser, sync_playwright

from render import changes_papers, console_papers, declaration_papers, door_papers, hub_papers, papers, settings_papers
from support.chromium import find_chromium
from worker.core.alert import AlertKind
from worker.core.transaction import Style
from worker.demo.mailbox import PATH, running_mailbox
from worker.demo.places import free_port, listening
from worker.demo.sink import Kept
from worker.render import alerts, pages
from worker.render.brand import Brand
from worker.render.console.frame import render_console_stylesheet
from worker.render.environment import Stationery, make_environment
from worker.render.receipts import Receipt, render_receipt

QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
).split()
DEMO = {
    "list": "",
    "mail": "/1",
    "text": "/1/text",
    "source": "/1/source",
    "write": "/write",
    "reply": "/write?reply=1",
}
WIDTHS = {"phone": 390, "desktop": 1280}


def main(chosen: list[str], folder: Path) -> None:
    """Takes all pictures, or those whose names begin with one of `chosen`."""
    folder.mkdir(exist_ok=True)
    sheets = {name: html for name, html in _sheets().items() if not chosen or name.startswith(tuple(chosen))}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=QUIET)
        for name, html in sheets.items():
            for scheme in ("light", "dark"):
                for device, width in WIDTHS.items():
                    _take(
                        browser,
                        html,
                        folder / f"{name}-{device}-{scheme}.png",
                        (width, scheme, 2 if device == "phone" else 1),
                    )
        browser.close()


async def of_demo(folder: Path) -> None:
    """The demo's own pages: its mailbox, a mail in each view, and the form of a new mail and of a reply."""
    told, door = Kept(lambda mail: None), listening(0)
    told.keep("shop@example.org", ("ada@example.com",), _receipt_as_mail())
    root = f"http://127.0.0.1:{door.getsockname()[1]}{PATH}"
    async with running_mailbox(told, papers.BRAND.name, door, free_port(0)), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=QUIET)
        for scheme, (device, width) in product(("light", "dark"), WIDTHS.items()):
            page = await browser.new_page(viewport={"width": width, "height": 800})
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            for name, path in DEMO.items():
                await page.goto(root + path)
                await page.screenshot(path=folder / f"demo-{name}-{device}-{scheme}.png", full_page=True)
            await page.close()
        await browser.close()


def _receipt_as_mail() -> bytes:
    receipt = render_receipt(make_environment(), papers.BRAND, papers.receipt(papers.invoice(papers.sale())))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.org", "ada@example.com", receipt.subject
    message.set_content(receipt.text)
    message.add_alternative(receipt.html, subtype="html")
    return message.as_bytes()


def for_docs(folder: Path) -> None:
    """The pictures that the README and the documentation show."""
    told = papers.sale(subscription=papers.subscription())
    receipt = render_receipt(make_environment(), papers.BRAND, papers.receipt(papers.invoice(told)))
    sheets = _sheets()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=QUIET)
        _take(browser, receipt.html, folder / "receipt.png", (720, "light", 1.25))
        _take(browser, receipt.html, folder / "receipt-dark.png", (390, "dark", 1.25))
        _take(browser, sheets["hub-overview"], folder / "hub.png", (390, "light", 1.5), height=1120)
        _take(browser, sheets["console-home"], folder / "console-home.png", (1040, "light", 1))
        _take(
            browser,
            sheets["console-receipt-settings"],
            folder / "console-receipts.png",
            (1040, "light", 1),
            height=1064,
        )
        _take(browser, sheets["console-mail"], folder / "console-mail.png", (1040, "light", 1))
        browser.close()


def _take(browser: Browser, html: str, file: Path, look: tuple[int, str, float], height: int | None = None) -> None:
    """All of a page, or its top `height` pixels."""
    width, scheme, sharpness = look
    page = browser.new_page(
        viewport={"width": width, "height": height or 800},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=sharpness,
    )
    page.set_content(html)
    page.screenshot(path=file, full_page=height is None)
    page.close()


def _sheets() -> dict[str, str]:
    env, brand = make_environment(), papers.BRAND
    pictured = Brand(brand.name, papers.logo(), "#2b4acb", "#ffffff", brand.support_email, brand.support_url)
    simple = papers.receipt(papers.invoice(papers.sale()), Style.SIMPLE)
    receipts = {
        "invoice": papers.receipt(papers.invoice(papers.sale())),
        "membership": papers.receipt(papers.membership()),
        "simple": simple,
        "credit": papers.receipt(papers.refund()),
        "provider": papers.receipt(papers.provided()),
        **{f"odd-{name}": receipt for name, receipt in papers.odd().items()},
    }
    mails = {name: render_receipt(env, brand, receipt).html for name, receipt in receipts.items()}
    asked = {f"access-mail-{way}": html for way, html in hub_papers.mails(env, brand).items()}
    asked |= changes_papers.mails(env, brand) | door_papers.mails(env, brand) | console_papers.mails(env, brand)
    asked |= declaration_papers.mails(env, brand)
    opened = {name: _with_previews(html, mails) for name, html in _pages(env, brand).items()}
    return mails | asked | {"logo": _with_logo(env, pictured, receipts["invoice"])} | _alerts(env) | opened


def _with_previews(html: str, mails: dict[str, str]) -> str:
    """A page whose frames hold what the program would answer for them."""
    return re.sub(
        r'(<iframe) src="[^"]*/preview/(invoice|simple)[^"]*"',
        lambda frame: f'{frame[1]} srcdoc="{escape(mails[frame[2]])}"',
        html,
    )


def _with_logo(env: Stationery, brand: Brand, receipt: Receipt) -> str:
    assert brand.logo is not None
    return papers.as_page(render_receipt(env, brand, receipt).html, brand.logo)


def _alerts(env: Stationery) -> dict[str, str]:
    details = ("ada@exmaple.com: 550 5.1.1 no such user", "grace@example.org: gave up after 5 days")
    told = {kind.value: alerts.Alert(kind, 2, details) for kind in AlertKind}
    return {f"alert-{name}": alerts.render_alert(env, papers.BRAND, alert).html for name, alert in told.items()}


def _pages(env: Stationery, brand: Brand) -> dict[str, str]:
    style = f"<style>{pages.render_stylesheet(env, brand)}{render_console_stylesheet(env, brand)}</style>"
    found = {
        "document": pages.render_document(env, brand, papers.invoice(papers.sale())),
        "document-credit": pages.render_document(env, brand, papers.refund()),
        "document-provider": pages.render_document(env, brand, papers.provided()),
        "document-lines12": pages.render_document(env, brand, papers.odd()["lines12"].invoice),
        **door_papers.notices(env, brand),
    }
    found |= {f"hub-{name}": html for name, html in hub_papers.pages(env, brand).items()}
    found |= {f"own-{name}": html for name, html in changes_papers.pages(env, brand).items()}
    found |= declaration_papers.pages(env, brand)
    found |= console_papers.pages(env, brand) | settings_papers.pages(env, brand)
    return {name: html.replace("</head>", style + "</head>") for name, html in found.items()}


if __name__ == "__main__":
    if sys.argv[1:] == ["--for-docs"]:
        for_docs(Path("docs/pictures"))
    else:
        chosen, folder = sys.argv[1:], Path("screenshots")
        main(chosen, folder)
        if not chosen or "demo" in chosen:
            asyncio.run(of_demo(folder))

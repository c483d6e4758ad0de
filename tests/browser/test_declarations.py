"""Both pages of declarations in Chromium on the running program: no sign-in, no script, two presses, a mail at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.browsers import chrome, visitor
from support.program import Program, Running
from support.sink import Sink

pytestmark = pytest.mark.browser
EVE = "eve@example.net"


@pytest.fixture
async def shop(sink: Sink, tmp_path: Path, store_url: str) -> AsyncIterator[Running]:
    """A German shop that knows nobody yet and tells its merchant of trouble elsewhere."""
    settings = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_DATABASE_URL": store_url,
        "LETTERKEY_SECRET_KEYS": "secret-key-of-the-shop-0123456789",
        "LETTERKEY_MAIL__FROM": "Harbour & Pine <shop@example.org>",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__LOCALE": "de",
    }
    async with Program(settings).running() as running:
        yield running


CANCEL = ("/cancel/", ("Verträge hier kündigen", "Jetzt kündigen"), "Ihre Kündigung ist eingegangen (")
WITHDRAW = (
    "/withdraw/?lang=en",
    ("Withdraw from contract here", "Confirm withdrawal"),
    "We received your withdrawal (",
)


@pytest.mark.parametrize("walk", [CANCEL, WITHDRAW])
async def test_two_presses_and_a_mail(
    shop: Running, sink: Sink, chromium: Path, walk: tuple[str, tuple[str, str], str]
) -> None:
    foreign: list[str] = []
    path, labels, subject = walk
    async with chrome(chromium) as browser:
        page = await visitor(browser, foreign)
        await page.goto(f"{shop.program.url}{path}")
        await page.locator("#name").fill("Eve Vance")
        await page.locator("#contract").fill("HP-1042")
        await page.locator("#email").fill(EVE)
        await page.get_by_role("button", name=labels[0]).click()
        assert "HP-1042" in await page.inner_text("dl")
        await page.get_by_role("button", name=labels[1]).click()
        assert EVE in await page.inner_text("main")
        async with page.expect_download() as saving:
            await page.locator("button[value=save]").click()
        saved = Path(await (await saving.value).path()).read_text(encoding="utf-8")
        assert "HP-1042" in saved
    await sink.wait_for(2)
    mail = sink.mails_to(EVE)[0].message()
    assert mail["Subject"].startswith(subject)
    assert foreign == []

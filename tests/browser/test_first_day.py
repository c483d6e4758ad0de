"""A merchant's first day, as docs/first-day.md tells it: from nothing, up all three rungs, to a restored backup.

The commands are typed, the file is edited as the page says, and the pages are opened in Chromium; the provider is
localstripe, the mailbox a real host's.
"""

import asyncio
import shutil
import signal
import subprocess
import sys
import venv
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser

from docs.pages import ROOT
from support.browsers import chrome, found, text_of, visitor
from support.dovecot import Dovecot
from support.localstripe import API_KEY, Localstripe, running_localstripe
from support.program import Program, Running
from support.sink import Sink

pytestmark = pytest.mark.browser
SECRET = "whsec_of_the_first_day_0123456789abcdef"
ADA, BEN, MAY = "ada@example.com", "ben@example.com", "may@example.org"
PATIENCE = 60.0
LINK, FOOT = r"^(http\S+/access/\S+)\s*$", r"^(http\S+/updateinfo/\?r=\S+)\s*$"
CONSOLE = (
    "Home", "Customers", "Mails", "Queue", "Provider actions", "Suppressions", "Customer hub", "Receipts", "Audit",
)  # fmt: skip


def installed(folder: Path) -> tuple[str, ...]:
    """The program as the page has it installed, from a copy of what is in version control."""
    source, environment = folder / "source", folder / "environment"
    source.mkdir()
    packed = subprocess.run(["git", "-C", ROOT, "archive", "HEAD"], capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", source], input=packed, check=True)
    venv.create(environment, with_pip=True)
    pip: list[Path | str] = [
        environment / "bin" / "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        ".[speed,imap,mailauth]",
    ]
    subprocess.run(pip, cwd=source, check=True, capture_output=True)
    return (str(environment / "bin" / "letterkey"),)


@pytest.fixture(params=["checkout", pytest.param("installed", marks=pytest.mark.long)])
def letterkey(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, ...]:
    """What is typed for `letterkey`."""
    return installed(tmp_path) if request.param == "installed" else (sys.executable, "-m", "worker")


class Merchant:
    """Who follows the page: a folder, its letterkey.toml, and what is typed there."""

    def __init__(self, program: Program, folder: Path, sink: Sink) -> None:
        self.program, self.folder, self.sink = program, folder, sink

    async def types(self, *words: str, given: str | None = None) -> str:
        """A command that must succeed; returns what it says."""
        code, out, err = await self.program.command(*words, given=given.encode() if given is not None else None)
        assert code == 0, f"letterkey {' '.join(words)}: {out}{err}"
        return out

    def edits(self, *changes: tuple[str, str]) -> None:
        """Lines of letterkey.toml that begin so are written so."""
        file = self.folder / "letterkey.toml"
        text = file.read_text(encoding="utf-8")
        for begins, line in changes:
            lines = text.splitlines()
            [at] = [at for at, each in enumerate(lines) if each.startswith(begins)]
            text = "\n".join([*lines[:at], line, *lines[at + 1 :], ""])
        file.write_text(text, encoding="utf-8")

    def adds(self, text: str) -> None:
        file = self.folder / "letterkey.toml"
        file.write_text(f"{file.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")

    async def mail(self, to: str, count: int = 1) -> EmailMessage:
        """The count-th mail to an address."""
        async with asyncio.timeout(PATIENCE):
            while len(mails := self.sink.mails_to(to)) < count:
                await self.sink.wait_for(len(self.sink.mails) + 1)
        return mails[count - 1].message()


async def test_from_nothing_up_three_rungs(
    letterkey: tuple[str, ...], tmp_path: Path, sink: Sink, dovecot: Dovecot, chromium: Path
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    at = Merchant(Program({}, called=letterkey, folder=folder), folder, sink)
    async with running_localstripe() as stripe, chrome(chromium) as browser:
        await rung_1(at, stripe, browser)
        await rung_2(at, dovecot)
        await rung_3(at, stripe, browser)
        await back_from_a_backup(at)


async def rung_1(at: Merchant, stripe: Localstripe, browser: Browser) -> None:
    """The hub, and nothing else."""
    await bought(stripe, ADA, "Before")
    await bought(stripe, BEN, "Earlier")
    answers = ["Ada's Courses", at.program.url, "shop@example.org", at.sink.url, "help@example.org"]
    await at.types("init", given="\n".join(answers) + "\n")
    await at.types("check")
    async with at.program.running() as running:
        assert at.program.url in await at.types("check")
        await connect(at, stripe, running)
        assert "are new" in await at.types("import", "stripe")
        await be_a_customer(at, browser)
        await open_the_console(at, running, browser)
        assert await running.stop() == 0
    assert {mail.recipients for mail in at.sink.mails} == {(ADA,)}, "only who asked got a mail"


async def connect(at: Merchant, stripe: Localstripe, running: Running) -> None:
    """A secret, a key, and an event that arrives."""
    connecting = asyncio.create_task(at.types("connect", "stripe", given=f"{SECRET}\n{API_KEY}\n"))
    async with asyncio.timeout(PATIENCE):
        while "\n[sources.stripe]\nsecrets" not in (at.folder / "letterkey.toml").read_text("utf-8"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # it writes the file and waits for an event: nobody tells us
    at.edits(("api_key = ", f'api_key = "{API_KEY}"\napi_url = "{stripe.url}"'))  # nobody else's page says so
    await reload(running, 1)
    await stripe.send_events_to(f"{at.program.url}/webhooks/stripe", SECRET)
    await stripe.customer("new@example.com")
    said = await connecting
    assert f"{at.program.url}/webhooks/stripe" in said
    assert "invoice.paid" in said


async def be_a_customer(at: Merchant, browser: Browser) -> None:
    """The form, the mail, the press: what was imported is there."""
    page = await visitor(browser, [])
    await page.goto((await at.types("hub-link")).strip())
    await page.get_by_label("email").fill(ADA)
    await page.get_by_role("button").first.click()
    asked = await at.mail(ADA)
    await page.goto(found(LINK, asked))
    await page.get_by_role("button", name="See my purchases").click()
    await page.wait_for_url("**/hub/")
    assert "€49.00" in await page.inner_text("main")


async def open_the_console(at: Merchant, running: Running, browser: Browser) -> None:
    """By a printed link, to every page in its list."""
    at.adds(f'[console]\nmerchants = ["{MAY}"]')
    await reload(running, 2)
    foreign: list[str] = []
    page = await visitor(browser, foreign)
    await page.goto((await at.types("console-link")).splitlines()[0])
    await page.get_by_role("button", name="Come in").click()
    await page.wait_for_url("**/console/")
    assert "All is well" in await page.inner_text("main")
    for name in CONSOLE:
        await page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        assert (await page.inner_text("h1")).strip()
    assert foreign == []


async def reload(running: Running, times: int) -> None:
    running.process.send_signal(signal.SIGHUP)
    await running.note("settings_in_force", times)


async def rung_2(at: Merchant, dovecot: Dovecot) -> None:
    """The address: an alias of a mailbox that is there."""
    user = f"{uuid4().hex[:12]}@example.org"
    at.edits(
        ("#access_address", 'access_address = "access@example.org"'),
        ("#imap_url", f'imap_url = "{dovecot.url(user)}"'),
    )
    await at.types("check")
    async with at.program.running() as running:
        await asyncio.to_thread(dovecot.deliver, user, *private_and_asking())
        assert "/access/" in text_of(await at.mail(BEN))
        await dovecot.until(user, 1, "Letterkey")
        assert len(await asyncio.to_thread(dovecot.mails, user, "INBOX")) == 1, "what isn't ours stays"
        assert await running.stop() == 0


async def rung_3(at: Merchant, stripe: Localstripe, browser: Browser) -> None:
    """Receipts: a test, then the first real one, with the way in at its foot."""
    at.edits(("style = ", 'style = "invoice"'))
    await at.types("check")
    async with at.program.running() as running:
        await at.types("test-receipt", MAY)
        assert "TEST" in str((await at.mail(MAY))["Subject"])
        await bought(stripe, "grace@example.com", "Pro")
        receipt = await at.mail("grace@example.com")
        assert "€49.00" in text_of(receipt)
        page = await visitor(browser, [])
        await page.goto(found(FOOT, receipt))
        await page.get_by_role("button").first.click()
        link = await at.mail("grace@example.com", 2)
        await page.goto(found(LINK, link))
        assert "€49.00" in await page.inner_text("main")
        assert await running.stop() == 0


async def back_from_a_backup(at: Merchant) -> None:
    """The machine is lost; on another one nothing goes out twice, and customers come in as before."""
    await at.types("backup", "backup.tar.gz")
    shutil.rmtree(at.folder / "data")
    await at.types("restore", "backup.tar.gz")
    await at.types("restore", "--next-number", "1")
    sent = len(at.sink.mails)
    async with at.program.running() as running:
        await at.types("check")
        await at.types("test-receipt", MAY)
        await at.mail(MAY, 2)
        assert len(at.sink.mails) == sent + 1, "nothing was sent again"
        assert await running.stop() == 0


async def bought(stripe: Localstripe, email: str, plan: str) -> None:
    """Somebody subscribes."""
    await stripe.make("plans", id=plan, amount=4900, currency="eur", interval="month", product={"name": plan})
    customer = await stripe.customer(email)
    await stripe.make("subscriptions", customer=customer, items=[{"plan": plan}])


def private_and_asking() -> list[EmailMessage]:
    """What lies in the merchant's own mailbox: a friend's mail, and a customer's to the access address."""
    mails = []
    for sender, to in (("friend@example.net", "may@example.org"), (BEN, "access@example.org")):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, to, "Hello"
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain="example.net")
        mail.set_content("\n")
        mails.append(mail)
    return mails

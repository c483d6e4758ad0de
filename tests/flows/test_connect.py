"""`letterkey connect`: the settings get their table, and what comes from the provider is said, also what is refused."""

import asyncio
import hashlib
import hmac
import json
import os
import re
import signal
import stat
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from sources.goldens import body_of
from support.program import PATIENCE, Process, Program
from worker.settings import KNOWN_KINDS, load_settings

SECRET = "whsec_of_the_test"
OLD = """\
# My shop's settings.
base_url = "https://purchases.shop.example"  # not to be lost

[receipts]
style = "none"  # for now
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "letterkey.toml"
    path.write_text(OLD, encoding="utf-8")
    path.chmod(0o644)
    return path


def program_on(folder: Path) -> Program:
    """Its settings are in the file alone, but for where it listens and what must be there for a run."""
    return Program(
        {
            "LETTERKEY_STATE_DIR": str(folder),
            "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
            "LETTERKEY_MAIL__SMTP_URL": "smtp://127.0.0.1:1",
            "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
        }
    )


def secret_in(folder: Path, text: str, name: str = "secret") -> str:
    path = folder / name
    path.write_text(text + "\n", encoding="utf-8")
    return str(path)


async def test_the_file_gets_a_table_and_keeps_all_it_had(file: Path) -> None:
    folder = file.parent
    key = secret_in(folder, "rk_test_1", "key")
    said = ["--secret-file", secret_in(folder, SECRET), "--api-key-file", key, "--no-wait", "--config", str(file)]
    code, out, err = await program_on(folder).command("connect", "stripe", *said)
    assert (code, err) == (0, ""), out
    assert file.read_text(encoding="utf-8").startswith(OLD)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(os.listdir(folder)) == ["key", "letterkey.toml", "secret"]
    account = load_settings(file, {}).sources["stripe"]
    assert [each.get_secret_value() for each in account.secrets] == [SECRET]
    assert account.api_key is not None
    assert (account.api_key.get_secret_value(), account.issuer) == ("rk_test_1", "provider")
    assert "/webhooks/stripe\n" in out
    assert "customer.subscription.deleted" in out
    assert "customers get two" in out
    assert SECRET not in out
    assert "rk_test_1" not in out


async def test_every_event_that_is_selected_is_explained(file: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "sources" / "stripe.md").read_text(encoding="utf-8")
    explained, before = set(), ""
    for word in re.findall(r"`([a-z_.]+)`", page):  # `.updated` after `customer.created` is `customer.updated`
        before = before.rpartition(".")[0] + word if word.startswith(".") else word
        explained.add(before)
    said = ["--no-wait", "--config", str(file), "--secret-file", secret_in(file.parent, SECRET)]
    _, out, _ = await program_on(file.parent).command("connect", "stripe", *said)
    selected = set(re.findall(r"^  ([a-z_]+\.[a-z_.]+)$", out, re.MULTILINE))
    assert {"invoice.paid", "charge.refunded", "invoice_payment.paid", "payment_intent.succeeded"} <= selected
    assert selected - explained == set()


async def test_a_script_answers_on_standard_input_and_two_accounts_stand_side_by_side(file: Path) -> None:
    program, config = program_on(file.parent), ("--no-wait", "--config", str(file))
    code, out, err = await program.command("connect", "stripe", *config, given=f"{SECRET}\nrk_1\n".encode())
    assert code == 0, out + err
    code, out, err = await program.command("connect", "thrivecart", "--name", "cart", *config, given='wörd"\n'.encode())
    assert code == 0, out + err
    account = tomllib.loads(file.read_text(encoding="utf-8"))["sources"]
    assert account["stripe"] == {"secrets": [SECRET], "api_key": "rk_1", "issuer": "provider"}
    assert (account["cart"]["kind"], account["cart"]["secrets"]) == ("thrivecart", ['wörd"'])
    assert len(account["cart"]["path_secret"]) == 32
    assert f"/webhooks/cart/{account['cart']['path_secret']}\n" in out


PROOFS = {
    "stripe": SECRET,
    "paddle": "pdl_ntfset_01h",
    "lemonsqueezy": "a-long-word",
    "gumroad": "kL0psVL2admJSYRNs-OCMg==",
    "paypal": "5TH47159DK785634N",
    "thrivecart": "ABCDEF123456",
    "standard": "whsec_" + "QUJD" * 8,
}
"""What each provider's account is proven by."""
GOES_ON, WE_DO = "Who writes the invoices now goes on doing so", "You invoice: each sale that brings no invoice number"


@pytest.mark.parametrize("kind", KNOWN_KINDS)
@pytest.mark.parametrize("said", ["us", "provider", None])
async def test_who_invoices_is_written_where_somebody_there_may_do_so_and_said_for_all(
    file: Path, kind: str, said: str | None
) -> None:
    words = ("--issuer", said) if said else ()
    given = f"{PROOFS[kind]}\n\n".encode()  # the key comes later
    code, out, err = await program_on(file.parent).command(
        "connect", kind, "--no-wait", "--config", str(file), *words, given=given
    )
    assert (code, err) == (0, ""), out
    written = tomllib.loads(file.read_text(encoding="utf-8"))["sources"][kind].get("issuer")
    assert written == (said or (None if kind in ("paypal", "standard") else "provider"))
    sentence = {"us": "You invoice: each of its sales", "provider": GOES_ON, None: WE_DO}[written]
    assert sentence in out
    assert 'issuer = "' in out


async def test_an_account_that_is_there_stays_as_it_is(file: Path) -> None:
    program, config = program_on(file.parent), ("--no-wait", "--config", str(file))
    await program.command("connect", "stripe", *config, given=f"{SECRET}\n".encode())
    before = file.read_bytes()
    code, out, err = await program.command("connect", "stripe", *config, given=b"whsec_other\n")
    assert (code, file.read_bytes()) == (0, before), out + err
    assert 'secrets = ["the old one", "the new one"]' in out
    assert GOES_ON in out


@pytest.mark.parametrize(("kind", "said"), [("stripe", WE_DO), ("standard", WE_DO), ("paddle", GOES_ON)])
async def test_who_invoices_by_default_is_said_of_an_account_that_is_there(file: Path, kind: str, said: str) -> None:
    file.write_text(f'{OLD}\n[sources.{kind}]\nsecrets = ["{PROOFS[kind]}"]\n', encoding="utf-8")
    code, out, err = await program_on(file.parent).command("connect", kind, "--no-wait", "--config", str(file))
    assert (code, err, said in out) == (0, "", True), out


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (("faxpay",), "", "faxpay can't be connected; there are "),
        (("stripe", "--name", "My Shop"), "", "is no good name"),
        (("stripe", "--name", "relay"), "", "is no good name"),
        (("stripe", "--name", "thrivecart"), "x\n", "is the name of another provider"),
        (("stripe",), "", "was not answered"),
        (("stripe", "--yes"), "whsec_1\n", "is missing"),
        (("stripe",), "\n", "anybody could forge"),
        (("stripe",), "sk_live_1\n", "is an API key"),
        (("stripe",), "whsec_1\npk_live_1\n", "is a publishable key"),
        (("stripe", "--secret-file", "/nowhere"), "", "can't be read"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_written(
    file: Path, words: tuple[str, ...], given: str, said: str
) -> None:
    config = ("--no-wait", "--config", str(file))
    code, out, err = await program_on(file.parent).command("connect", *words, *config, given=given.encode())
    assert (code, said in err, file.read_text(encoding="utf-8")) == (2, True, OLD), out + err


async def test_without_a_file_it_says_what_writes_one(tmp_path: Path) -> None:
    program = program_on(tmp_path)
    code, out, err = await program.command("connect", "stripe", "--no-wait", given=b"whsec_1\n")
    assert (code, "letterkey init writes it" in err) == (2, True), out + err


async def test_inline_tables_are_left_alone(file: Path) -> None:
    whole = OLD.replace("[receipts]", 'sources = { thrivecart = { secrets = ["x"] } }\n\n[receipts]')
    file.write_text(whole, encoding="utf-8")
    config = ("--no-wait", "--config", str(file))
    code, out, err = await program_on(file.parent).command("connect", "stripe", *config, given=b"whsec_1\n")
    assert (code, "no table can follow" in err) == (2, True), out + err
    assert file.read_text(encoding="utf-8") == whole


class Connecting:
    """A `connect` at work: what it says, as it says it."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.said = ""

    async def until(self, words: str) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while words not in self.said:
                line = await self.process.stdout.readline()
                assert line, f"it ended without {words!r}: {self.said}"
                self.said += line.decode()
        return self.said


@asynccontextmanager
async def connecting(program: Program, *words: str, given: bytes) -> AsyncIterator[Connecting]:
    process = await program.started(*words, given=given)
    try:
        yield Connecting(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def tell(url: str, secret: str) -> int:
    """Stripe's event, signed with this secret; the answer's status."""
    body = body_of("stripe", "invoice.paid.json")
    at = int(time.time())
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={at},v1={mac}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status


async def test_beside_a_running_program_it_says_what_was_refused_and_what_came(file: Path) -> None:
    program = program_on(file.parent)
    async with program.running("--config", str(file)) as running:
        async with connecting(program, "connect", "stripe", "--config", str(file), given=f"{SECRET}\n".encode()) as it:
            await it.until("doesn't know it yet: systemctl reload letterkey")
            await it.until("Waiting for a first event")
            running.process.send_signal(signal.SIGHUP)
            await running.note("settings_in_force", 1)
            assert await tell(f"{program.url}/webhooks/stripe", "whsec_of_another") == 400
            await it.until("was refused: no signature matches the body")
            assert await tell(f"{program.url}/webhooks/stripe", SECRET) == 200
            said = await it.until("invoice.paid came. It is proven to be the provider's, kept and understood.")
            assert await asyncio.wait_for(it.process.wait(), PATIENCE) == 0
        assert SECRET not in said
        assert SECRET not in json.dumps(running.journal)
        assert await running.stop() == 0


async def test_a_wrong_path_is_noticed_and_a_program_that_does_not_run_is_said(file: Path) -> None:
    program = program_on(file.parent)
    config = ("--config", str(file))
    async with connecting(program, "connect", "thrivecart", *config, given=b"word\n") as it:
        await it.until("start it with letterkey run")
        await it.until("Waiting for a first event")
        async with program.running(*config) as running:
            async with aiohttp.ClientSession() as session, session.post(f"{program.url}/webhooks/thrivecart") as answer:
                assert answer.status == 404
            await it.until("without the right path secret")
            assert await running.stop() == 0

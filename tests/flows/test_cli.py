"""A merchant's day at the command line, beside a running worker, on either database."""

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from support.program import Program
from support.sales import sale
from support.scripted_relay import Script, ScriptedRelay, scripted_relay
from worker.clock import system_clock
from worker.store import transactions
from worker.store.opening import open_store
from worker.store.transactions import State

PATIENCE = 20.0
CART_SECRET = "CART0SECRET0WORD"


@pytest.fixture
async def relay() -> AsyncIterator[ScriptedRelay]:
    """Takes every mail but those to `unknown@…`."""
    async with scripted_relay(Script()) as relay:
        yield relay


@pytest.fixture
def program(store_url: str, tmp_path: Path, relay: ScriptedRelay, tmp_path_factory: pytest.TempPathFactory) -> Program:
    return Program(
        {
            # Compiled once for all commands of this file: else compiling would be half of what each costs.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(tmp_path_factory.getbasetemp() / "bytecode"),
            "LETTERKEY_STATE_DIR": str(tmp_path),
            "LETTERKEY_DATABASE_URL": store_url,
            "LETTERKEY_SECRET_KEYS": "a-secret-key-of-the-test-0123456789",
            "LETTERKEY_DOCUMENT_KEYS": "a-document-key-of-the-test-0123456789",
            "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
            "LETTERKEY_MAIL__SMTP_URL": f"smtp://127.0.0.1:{relay.port}",
            "LETTERKEY_BUSINESS__TIMEZONE": "Asia/Tokyo",
            "LETTERKEY_INVOICES__PREFIX": "R-",
            "LETTERKEY_SOURCES__THRIVECART__SECRETS": CART_SECRET,
        }
    )


async def said(program: Program, *words: str, given: bytes | None = None, code: int = 0) -> str:
    """What a command prints; it must end with this code."""
    found, out, err = await program.command(*words, given=given)
    assert found == code, f"{words}: {out}{err}"
    return out + err


async def until(relay: ScriptedRelay, address: str) -> None:
    """A mail to the address is at the relay."""
    for _ in range(1000):
        if any(f"To: {address}".encode() in copy for copy in relay.copies):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"no mail to {address}: {relay.commands}")


async def until_status(program: Program, **wanted: int) -> dict[str, Any]:
    """The status, once the outbox stands so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            status: dict[str, Any] = json.loads(await said(program, "status", "--json"))
            if wanted.items() <= status["outbox"].items():
                return status


def line(number: int, email: str, **more: object) -> bytes:
    return json.dumps(sale(number, customer={"email": email, "name": "Ada L."}, **more)).encode() + b"\n"


async def test_a_receipt_is_told_sent_refused_corrected_and_sent_again(program: Program, relay: ScriptedRelay) -> None:
    async with program.running() as running:
        told = line(1, "ada@example.com") + line(2, "unknown@example.com")
        out = await said(program, "enqueue", "-", given=told)
        assert out.splitlines() == [
            "line 1: accepted   T-1",
            "line 2: accepted   T-2",
            "In all: 2 accepted, 0 duplicate, 0 conflict, 0 rejected",
        ]
        status = await until_status(program, sent=1, failed=1)
        assert status.keys() == {"outbox", "oldest_due_seconds", "events", "inbox", "actions", "relay", "version"}
        assert (status["relay"], status["events"]) == ("ok", {"waiting": 0, "quarantined": 0})

        ada = await said(program, "mails", "ada@example.com")
        assert "for €58.31, to ada@example.com" in ada
        assert "accepted by the relay: 250" in ada
        failed = await said(program, "mails", "unknown@example.com")
        assert "refused: 550 5.1.1 no such user" in failed
        assert "letterkey customer fix-email unknown@example.com NEW" in failed

        fixed = await said(program, "customer", "fix-email", "unknown@example.com", "grace@example.com")
        assert "1 mail that had failed will be sent again" in fixed
        await until(relay, "grace@example.com")
        shown = await said(program, "customer", "show", "grace@example.com")
        assert re.search(r"Mails go to +grace@example.com\n", shown)
        assert re.search(r"Also known by +unknown@example.com, replaced", shown)
        assert "address corrected" in shown

        mail = re.findall(r"id (\w{26})", ada)[0]
        await said(program, "resend", mail, "--to", "boss@example.com")
        await until(relay, "boss@example.com")
        assert await running.stop() == 0


async def test_a_test_receipt_goes_out_and_takes_no_number(program: Program, relay: ScriptedRelay) -> None:
    await said(program, "test-receipt", "you@example.com", "--style", "simple")
    waiting = await said(program, "mails", "you@example.com")
    assert "Test receipt for a made-up sale, to you@example.com" in waiting
    assert "waits to be sent" in waiting
    async with program.running():
        await until(relay, "you@example.com")
        subject = BytesParser(policy=default).parsebytes(relay.copies[0])["Subject"]
        assert subject == "[TEST] Shop: your receipt (€66.01)"
        await said(program, "enqueue", "-", given=line(1, "ada@example.com"))
        await until(relay, "ada@example.com")
        assert "Receipt R-1 for" in await said(program, "mails", "ada@example.com")


async def test_every_line_of_a_file_gets_its_answer(program: Program, tmp_path: Path) -> None:
    good = line(1, "ada@example.com")
    lines = [
        good,
        b"\n",
        b"not json\n",
        b"\xff\xfe\n",
        b'{"id": "' + b"x" * 10_000_000 + b'"}\n',
        good,
        line(1, "ada@example.com", total=1, lines=[{"description": "Other", "quantity": 1, "unit_amount": 1}]),
        line(2, "ada@example.com", total=1),
        b'{"id": "T-3", "id": "T-4"}\n',
        line(5, "ada@example.com").rstrip(),  # no line break at the end
    ]
    (tmp_path / "sales.jsonl").write_bytes(b"".join(lines))
    out = await said(program, "enqueue", "sales.jsonl", code=1)
    answers = dict(re.findall(r"line (\d+): (\w+)", out))
    assert answers == {
        "1": "accepted", "3": "rejected", "4": "rejected", "5": "rejected", "6": "duplicate", "7": "conflict",
        "8": "rejected", "9": "rejected", "10": "accepted",
    }  # fmt: skip
    assert "line 5: rejected   is longer than 1 MiB" in out
    assert "line 8: rejected   total: is 1, but the lines come to 5831" in out
    assert out.endswith("In all: 2 accepted, 1 duplicate, 1 conflict, 5 rejected\n")
    status = await said(program, "status")
    assert "Mails         0 due, 0 sent" in status


async def test_many_lines_at_once_are_all_kept(program: Program) -> None:
    told = b"".join(line(number, f"buyer{number}@example.com") for number in range(1000))
    assert (await said(program, "enqueue", "-", given=told)).count("accepted   T-") == 1000
    again = await said(program, "enqueue", "-", given=told)
    assert again.endswith("In all: 0 accepted, 1000 duplicate, 0 conflict, 0 rejected\n")


async def test_an_event_that_is_not_understood_is_shown_without_secrets_and_read_again(program: Program) -> None:
    body = {"event": "order.success", "thrivecart_secret": CART_SECRET, "order_id": "7", "customer[name]": "\x1b[2JEve"}
    async with program.running():
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{program.url}/webhooks/thrivecart", data=body) as answer,
        ):
            assert answer.status == 200
        async with asyncio.timeout(PATIENCE):
            while "quarantined" not in (listed := await said(program, "events", "list", "--state", "quarantined")):
                pass
        event = re.findall(r"\b\w{26}\b", listed)[0]
        shown = await said(program, "events", "show", event)
        assert CART_SECRET not in shown
        assert "thrivecart_secret = •••" in shown
        assert "order_id = 7" in shown
        assert "\x1b" not in shown
        assert "will be read again" in await said(program, "events", "requeue", event)
        async with asyncio.timeout(PATIENCE):
            while "quarantined" not in (shown := await said(program, "events", "show", event)):
                pass
        assert "tries 1" in shown
        assert "1 event will be read again" in await said(program, "events", "requeue", "--source", "thrivecart")
        assert "say which" in await said(program, "events", "requeue", code=2)


async def test_a_transaction_that_waits_is_listed_with_what_it_waits_for(program: Program) -> None:
    refund = sale(2, kind="refund", refund_of="T-1", total=100, lines=[])
    await said(program, "enqueue", "-", given=json.dumps(refund).encode())
    async with program.running():
        async with asyncio.timeout(PATIENCE):
            while "T-2" not in (listed := await said(program, "events", "list", "--state", "waiting")):
                pass
        assert "transaction T-2 (refund)  waits for the sale that it gives back" in listed
        assert "T-2" in await said(program, "events", "list")
        assert "T-2" not in await said(program, "events", "list", "--state", "quarantined")
        waiting = re.findall(r"\b\w{26}\b", listed)[0]
        shown = await said(program, "events", "show", waiting)
        assert "Transaction  T-2 (refund) from api" in shown
        assert '"refund_of": "T-1"' in shown
        assert "looked at again by itself" in await said(program, "events", "requeue", waiting, code=1)
        assert "1 waits for the sale" in await said(program, "status")
        await said(program, "enqueue", "-", given=line(1, "ada@example.com"))
        await until_status(program, sent=2)
        assert "T-2" not in await said(program, "events", "list")


async def test_a_transaction_in_quarantine_is_issued_again(program: Program, store_url: str) -> None:
    await said(program, "enqueue", "-", given=line(1, "ada@example.com"))
    store = await open_store(store_url, system_clock().now)
    try:
        row = await store.read(lambda tx: transactions.by_source_id(tx, "api", "T-1"))
        assert row is not None
        await store.write(lambda tx: transactions.settle(tx, row.id, State.QUARANTINED, "ValueError"))
    finally:
        await store.close()
    assert "1 quarantined (letterkey events list --state quarantined)" in await said(program, "status")
    assert json.loads(await said(program, "status", "--json"))["events"]["quarantined"] == 1
    listed = await said(program, "events", "list", "--state", "quarantined")
    assert f"{row.id}  api  transaction T-1 (sale)  quarantined: drawing up its document failed (ValueError)" in listed
    async with program.running():
        assert "will be issued again" in await said(program, "events", "requeue", row.id)
        await until_status(program, sent=1)
        assert "only quarantined ones" in await said(program, "events", "requeue", row.id, code=1)


async def test_ctrl_c_ends_an_enqueue_that_waits_for_input(tmp_path: Path, program: Program) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", "enqueue", "-", env=program.environment, cwd=tmp_path,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line(1, "ada@example.com"))
    assert await asyncio.wait_for(process.stdout.readline(), PATIENCE) == b"line 1: accepted   T-1\n"
    process.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, err) == (130, b"")

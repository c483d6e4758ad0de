"""The words of the commands, without a process: lines of a stream, timelines, masked secrets, clean terminals."""

import asyncio
import json
import os
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.commands.byte_pieces import pieces_of
from worker.commands.json_lines import LONGEST_LINE, LineSplitter
from worker.commands.status import Standing, as_json, as_lines
from worker.commands.terminal import clock_time, duration, say
from worker.commands.timeline import Mailed, timeline
from worker.core.delivery import MailState
from worker.core.invoice import Seller
from worker.core.masking import shown_body, shown_headers
from worker.core.policy import Policy
from worker.core.relay import Away, RelayState
from worker.core.sample import sample_invoice
from worker.store.outbox import Attempt, MailKind, OutboxItem

NOW = 1_795_373_280_000_000  # 2026-11-22T18:48:00Z
MINUTE = 60_000_000


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line), max_size=8),
    st.lists(st.integers(min_value=0, max_value=200), max_size=8),
)
def test_lines_are_the_same_however_the_stream_is_cut(lines: list[bytes], cuts: list[int]) -> None:
    stream = b"\n".join(lines)
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    splitter = LineSplitter()
    found = [line for a, b in pairwise(places) for line in splitter.feed(stream[a:b])]
    found += splitter.end()
    assert [(line.number, line.content) for line in found] == [
        (number, line) for number, line in enumerate(lines, 1) if line.strip()
    ]


def test_a_long_line_is_told_once_and_the_next_is_read() -> None:
    splitter = LineSplitter()
    found = [line for _ in range(20) for line in splitter.feed(b"x" * (LONGEST_LINE // 4))]
    found += splitter.feed(b"\n{}\n")
    assert [(line.number, line.content) for line in found] == [(1, None), (2, b"{}")]


async def test_pieces_come_as_they_are_written() -> None:
    reading, writing = os.pipe()
    pieces = pieces_of(reading)
    os.write(writing, b"one")
    async with asyncio.timeout(10):
        assert await anext(pieces) == b"one"
        os.write(writing, b"two")
        assert await anext(pieces) == b"two"
        os.close(writing)
        assert [piece async for piece in pieces] == []
    os.close(reading)


def _item(state: MailState, **more: object) -> OutboxItem:
    values: dict[str, object] = {
        "id": "m1", "kind": MailKind.RECEIPT, "customer_id": "c1", "invoice_id": "i1", "params": {},
        "recipient": "ada@example.com", "message_id": "<m1@example.org>", "created_at": NOW, "due_at": NOW,
        "expires_at": None, "state": state, "reason": None, "reply": None, "attempts": 0, "ambiguous": 0,
        "settled_at": None,
    }  # fmt: skip
    return OutboxItem(**(values | more))  # type: ignore[arg-type]


def _attempt(result: str, state: str, code: int | None = None, reply: str = "") -> Attempt:
    return Attempt("a1", "m1", "ada@example.com", NOW + MINUTE, "data", result, code, reply, state)


@pytest.mark.parametrize(
    ("item", "attempt", "words"),
    [
        (_item(MailState.DUE), None, "waits to be sent"),
        (_item(MailState.SENDING), None, "is being sent"),
        (_item(MailState.SENT), _attempt("accepted", "sent", 250, "2.0.0 ok"), "accepted by the relay: 250 2.0.0 ok"),
        (
            _item(MailState.DEFERRED, due_at=NOW + 6 * MINUTE),
            _attempt("refused", "deferred", 450, "4.7.1 later"),
            "put off by the relay: 450 4.7.1 later\n                   next try at 22 Nov 2026 19:54",
        ),
        (_item(MailState.FAILED), _attempt("refused", "failed", 550, "no such user"), "refused: 550 no such user"),
        (_item(MailState.FAILED), None, "letterkey customer fix-email ada@example.com NEW"),
        (_item(MailState.FAILED, reason="gave_up"), None, "given up after five days"),
        (_item(MailState.PARKED), _attempt("lost", "parked"), "the connection broke, when it may have taken the mail"),
        (_item(MailState.PARKED), None, "letterkey resend m1"),
        (_item(MailState.WITHHELD), None, "earlier mails to this address came back"),
        (_item(MailState.EXPIRED), None, "it was not sent"),
    ],
)
def test_each_state_of_a_mail_in_plain_words(item: OutboxItem, attempt: Attempt | None, words: str) -> None:
    invoice = sample_invoice(Policy(Seller("Shop")), NOW)
    mail = Mailed(item, invoice, () if attempt is None else (attempt,))
    lines = list(timeline([mail], NOW, "Europe/Berlin"))
    assert lines[0] == "22 Nov 2026 19:48  Receipt for €66.01, test, to ada@example.com"
    assert words in "\n".join(lines)


def test_alerts_and_mails_sent_again_are_named() -> None:
    alert = Mailed(_item(MailState.SENT, kind=MailKind.ALERT, params={"trouble": "mails_failed"}), None, ())
    again = Mailed(_item(MailState.SENT, params={"resend_of": "m0"}), sample_invoice(Policy(Seller("Shop")), NOW), ())
    text = "\n".join(timeline([alert, again], NOW, "UTC"))
    assert "Alert: mails failed" in text
    assert "sent again" in text


def standing(relay: RelayState, **more: object) -> Standing:
    values = {
        "mails": {"due": 3, "sent": 0, "parked": 1}, "oldest_due": NOW - 30 * MINUTE, "events": {"waiting": 0,
        "quarantined": 2}, "waiting": {"address": 1, "sale": 2}, "quarantined": 3, "untouched_since": None, "inbox": {},
        "relay": relay,
    }  # fmt: skip
    return Standing(**(values | more))  # type: ignore[arg-type]


def test_a_standing_still_worker_is_noticed() -> None:
    lines = as_lines(standing(RelayState(), untouched_since=NOW - 2 * MINUTE), NOW, "UTC")
    assert lines[:-1] == [
        "Mails         3 due, 0 sent, 1 parked",
        "Oldest mail   due for 30 min; is letterkey run running?",
        "Relay         ok",
        "Transactions  1 waits for an email address, 2 wait for the sale that they give back, 3 quarantined "
        "(letterkey events list --state quarantined)",
        "Oldest sale   due for 2 min; is letterkey run running?",
        "Events        0 waiting, 2 quarantined (letterkey events list --state quarantined)",
        "Last backup   none yet by letterkey backup",
    ]


def test_a_paused_relay_is_told_with_its_reason_and_the_next_try() -> None:
    paused = standing(RelayState(paused_at=NOW - 9 * MINUTE, reason="relay_refused", probe_at=NOW + MINUTE))
    assert as_lines(paused, NOW, "Europe/Berlin")[1] == (
        "Relay         paused since 22 Nov 2026 19:39: it refused us; look at the user and password in mail.smtp_url; "
        "next try at 22 Nov 2026 19:49. Nothing is lost."
    )
    told = json.loads(as_json(paused, NOW))
    assert (told["relay"], told["events"]) == ("paused", {"waiting": 0, "quarantined": 5})
    away = standing(RelayState(retry_at=NOW + MINUTE, failures=1))
    assert as_lines(away, NOW, "UTC")[1].startswith("Relay         can't be reached just now; next try at 22 Nov 2026")
    assert json.loads(as_json(away, NOW))["oldest_due_seconds"] == 1800


@pytest.mark.parametrize("away", Away)
def test_a_relay_that_cannot_be_reached_is_told_with_its_reason(away: Away) -> None:
    state = standing(RelayState(retry_at=NOW + MINUTE, failures=1, away=away))
    shown = as_lines(state, NOW, "UTC")[1]
    assert re.fullmatch(r"Relay         can't be reached just now: \w.+; next try at .+\. Nothing is lost\.", shown)
    plain = standing(RelayState(retry_at=NOW + MINUTE, failures=1))
    assert as_json(state, NOW) == as_json(plain, NOW)


def test_secrets_are_masked_by_name_and_by_value() -> None:
    headers = {"stripe-signature": "t=1,v1=ab", "authorization": "Bearer x", "user-agent": "Cart whsec_1"}
    assert shown_headers(headers, ["whsec_1"]) == {
        "stripe-signature": "•••", "authorization": "•••", "user-agent": "Cart •••",
    }  # fmt: skip
    body = {"id": "evt_1", "data": [{"client_secret": "s3cret"}], "secret": None, "note": "whsec_1 here"}
    assert json.loads(shown_body(json.dumps(body).encode(), ["whsec_1"])) == {
        "id": "evt_1", "data": [{"client_secret": "•••"}], "secret": None, "note": "••• here",
    }  # fmt: skip
    assert shown_body(b"thrivecart_secret=abc&a=1%0A2", []) == "thrivecart_secret = •••\na = 1\n2"
    assert shown_body(b"\xff\x00 neither", []) == "\ufffd\x00 neither"


@pytest.mark.parametrize(
    ("body", "kept", "masked"),
    [
        (b"seller_id=abc%3D%3D&email=ada%40example.com", "email = ada@example.com", "abc"),
        (b'{"license_key": "85DB562A-C11D4B06", "price": 2900}', '"price": 2900', "85DB562A"),
        (b'{"attributes": {"key": "80e15db5-c796", "status": "active"}}', "active", "80e15db5"),
        (b'{"url": "https://a.example/pay?expires=17&signature=9f8e7d", "id": 1}', "https://a.example/pay", "9f8e7d"),
        (b'{"cert_url": "https://api.paypal.com/v1/notifications/certs/CERT-1"}', "CERT-1", "none"),
        (b'{"thrivecart_secret": "WORD", "event": "order.success"}', "order.success", "WORD"),
    ],
)
def test_each_providers_secrets_are_masked(body: bytes, kept: str, masked: str) -> None:
    shown = shown_body(body, [])
    assert kept in shown
    assert masked not in shown


def test_headers_that_prove_are_masked_and_the_rest_is_shown() -> None:
    told = ("paypal-transmission-sig", "x-signature", "webhook-signature", "paddle-signature")
    assert set(shown_headers(dict.fromkeys(told, "proof"), []).values()) == {"•••"}
    assert shown_headers({"webhook-id": "msg_1", "paypal-cert-url": "https://api.paypal.com/c"}, []) == {
        "webhook-id": "msg_1", "paypal-cert-url": "https://api.paypal.com/c",
    }  # fmt: skip


def test_strangers_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\x1b[2Jb\x9b31mc\u202ed\ne\tf")
    assert capsys.readouterr().out == "a[2Jb31mcd\ne\tf\n"


def test_times_are_the_merchants() -> None:
    assert clock_time(NOW, "Asia/Tokyo") == "23 Nov 2026 03:48"
    assert [duration(seconds) for seconds in (40, 300, 10_800, 200_000)] == ["40 s", "5 min", "3 h", "2 days"]

"""Which mails of a merchant's own mailbox are ours, and what they say of their envelope."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.bounce import Delivery
from worker.mail.addresses import OurAddresses
from worker.mail.envelope import bounce_envelope
from worker.mail.whose import FIELDS, bearings

KEY = "a key of sixteen characters"
OURS = OurAddresses("access@shop.example", "bounces@shop.example", (KEY,))
VERP = bounce_envelope("bounces@shop.example", Delivery("d1", 1), KEY.encode())
SENT = frozenset({"<ours@shop.example>"})


def ours(*lines: str) -> bool:
    return bearings("\r\n".join([*lines, "", ""]).encode(), OURS).ours(SENT)


@pytest.mark.parametrize(
    "line",
    [
        "To: access@shop.example",
        "To: The shop <Access@Shop.example>, other@shop.example",
        "Cc: a@b.example,\r\n access@shop.example",
        "Delivered-To: access@shop.example",
        "X-Original-To: access@shop.example",
        f"Delivered-To: {VERP}",
        "In-Reply-To: <ours@shop.example>",
        "References: <other@example.net>\r\n <ours@shop.example>",
    ],
)
def test_ours(line: str) -> None:
    assert ours("From: ada@example.com", line)
    assert not ours("From: shop@shop.example", line, "X-Letterkey-Loop: 1"), "we sent it ourselves"


@pytest.mark.parametrize(
    "line",
    [
        "To: owner@shop.example",
        "To: postmaster@shop.example, abuse@shop.example",
        "To: bounces@shop.example",
        "To: bounces+d1-aaaaaaaaaaaaaaaa@shop.example",
        "To: access@shop.example.net",
        "To: not-access@shop.example",
        "To: access@other.example",
        "Bcc: access@shop.example",
        "Subject: access@shop.example",
        "From: access@shop.example",
        "In-Reply-To: <other@shop.example>",
        "Subject: <ours@shop.example>",
        "",
    ],
)
def test_not_ours(line: str) -> None:
    assert not ours("Date: today", line)


@pytest.mark.parametrize(
    ("lines", "sender"),
    [
        (["Return-Path: <ada@example.com>", "From: other@example.com"], "ada@example.com"),
        (["Return-Path: ada@example.com"], "ada@example.com"),
        (["Return-Path: <>", "From: mailer-daemon@example.com"], ""),
        (["Return-Path: < >"], "unknown"),
        (["From: Ada <ada@example.com>"], "ada@example.com"),
        (["Subject: nothing"], "unknown"),
    ],
)
def test_a_missing_envelope_sender_is_no_null_sender(lines: list[str], sender: str) -> None:
    assert bearings("\r\n".join([*lines, "", ""]).encode(), OURS).sender == sender


def test_every_header_that_decides_is_asked_for() -> None:
    for name in ("Delivered-To", "X-Original-To", "To", "Cc", "In-Reply-To", "References", "Return-Path", "From"):
        assert name.upper() in FIELDS.split()


@given(st.binary(max_size=2000))
def test_it_never_raises(raw: bytes) -> None:
    bearings(b"To: " + raw, OURS)

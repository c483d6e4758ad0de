"""Somebody else's mail inside one of ours: it arrives byte for byte, as a mail where it can travel as one."""

from email import message_from_bytes
from email.message import Message as Parsed
from email.policy import compat32

import pytest

from worker.mail.compose import compose
from worker.mail.message import Attachment, Mailbox, Message

PLAIN = b"From: ada@example.com\r\nSubject: Hi\r\n\r\nHello\r\n.\r\nFrom here\r\n"
ODD = {
    "8-bit": "From: ada@example.com\r\n\r\nStraße\r\n".encode(),
    "NUL": b"a\0b\r\n",
    "bare LF": b"a\nb\r\n",
    "long line": b"x" * 999 + b"\r\n",
}


def forward(raw: bytes) -> tuple[bytes, list[Parsed]]:
    message = Message(
        message_id="<f1@shop.example>",
        date=0,
        sender=Mailbox("Shop", "shop@shop.example"),
        to=Mailbox("", "help@shop.example"),
        reply_to=Mailbox("", "ada@example.com"),
        subject="Forwarded",
        text="Words\n",
        html="<p>Words</p>",
        attachments=(Attachment("original.eml", raw),),
    )
    composed = compose(message)
    assert composed == compose(message)
    assert composed.isascii()
    assert max(map(len, composed.split(b"\r\n"))) <= 998
    found = message_from_bytes(composed, policy=compat32)
    assert found.get_content_type() == "multipart/mixed"
    parts: list[Parsed] = found.get_payload()  # type: ignore[assignment]  # of a multipart it is its parts
    assert [parts[0].get_content_type(), len(parts)] == ["multipart/alternative", 2]
    return composed, parts


def test_a_plain_mail_travels_as_a_mail() -> None:
    composed, (_, original) = forward(PLAIN)
    assert (original.get_content_type(), original.get_filename()) == ("message/rfc822", "original.eml")
    assert PLAIN in composed


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD)
def test_an_odd_one_travels_as_a_file(raw: bytes) -> None:
    _, (_, original) = forward(raw)
    assert original.get_content_type() == "application/octet-stream"
    assert original.get_payload(decode=True) == raw


def test_one_that_holds_the_boundary_around_it_is_encoded() -> None:
    composed, _ = forward(PLAIN)
    _, (_, original) = forward(composed)
    assert original.get_payload(decode=True) == composed

"""Inbound mail read: who wrote, what it answers, whether words of a person are in it; whatever comes, and in time."""

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.mail.classify import Envelope, classify
from worker.mail.read import headers_of, read


def mail(body: str = "", *headers: str) -> bytes:
    lines = headers or ("From: Ada <ada@Example.COM>", "Subject: access", "Message-ID: <1@mail.example>")
    return ("\r\n".join(lines) + "\r\n\r\n" + body.replace("\n", "\r\n")).encode("utf-8", "surrogateescape")


def part(kind: str, body: str, *headers: str) -> str:
    return "\n".join([f"Content-Type: {kind}", *headers, "", body])


def multipart(kind: str, *parts: str, boundary: str = "=_b") -> bytes:
    body = "".join(f"--{boundary}\n{each}\n" for each in parts) + f"--{boundary}--\n"
    return mail(body, "From: ada@example.com", f'Content-Type: multipart/{kind}; boundary="{boundary}"')


def test_who_wrote_and_what_it_answers() -> None:
    found = read(
        mail(
            "Hello\n",
            "Received: from a",
            "From: =?utf-8?q?Ada_=C5=81?= <Ada@Example.COM>",
            "Subject: =?utf-8?b?w4Q=?= and",
            "\tmore",
            "Message-ID: <1@mail.example>",
            "In-Reply-To: <r1@shop.example> (yours)",
            "References: <r0@shop.example>",
            " <r1@shop.example>",
        )
    )
    assert (found.sender, found.fault, found.subject) == ("Ada@example.com", None, "Ä and more")
    assert (found.message_id, found.in_reply_to) == ("<1@mail.example>", "<r1@shop.example>")
    assert found.references == ("<r0@shop.example>", "<r1@shop.example>")
    assert found.text == "Hello"


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        (["Subject: x"], "no From"),
        (["From: a@example.com", "From: b@example.com"], "several From"),
        (["From: a@example.com, b@example.com"], "exactly one"),
        (["From: nobody"], "usable"),
        (["From: Ada <a\u0131@example.com>"], "usable"),
        (["From: " + "(" * 5_000 + "a@example.com"], "too deep"),
        (["From: a@example.com", *["X: y"] * 1_100], "too many lines"),
        (["From: a@example.com", "X: " + "y" * 70_000], "too large"),
        (["From: undisclosed:;"], "exactly one"),
        ([""], "no From"),
    ],
)
def test_what_names_no_one_sender_is_at_fault(headers: list[str], fault: str) -> None:
    found = read(mail("", *headers))
    assert found.sender is None
    assert fault in (found.fault or "")


EMPTY = [
    "",
    "\n\n",
    "-- \nAda L.\nExample Ltd\n",
    "Sent from my iPhone\n",
    "Von meinem iPhone gesendet\n",
    "> Invoice HP-100\n> Total\n",
    "\nOn Mon, 23 Nov 2026 at 10:00, Harbour & Pine\n<shop@example.org> wrote:\n\n> Invoice\n> 58.31\n",
    "Am 23.11.2026 schrieb Harbour & Pine:\n> Rechnung\n",
    "\n-----Original Message-----\nFrom: Shop\nInvoice\n",
    "From: Harbour & Pine <shop@example.org>\nSent: Monday\nInvoice\n",
    "________________________________\nFrom: x\n",
]


@pytest.mark.parametrize("body", EMPTY)
def test_a_mail_without_words_of_its_own(body: str) -> None:
    assert not read(mail(body)).own_words


@pytest.mark.parametrize("body", ["?!", "ok", "取消", "> quoted\nPlease cancel\n", "Please:\n- cancel\n", "12\n"])
def test_a_mail_with_words_of_its_own(body: str) -> None:
    assert read(mail(body)).own_words == (body != "?!")


@pytest.mark.parametrize(
    ("subject", "says"),
    [("", False), ("Access", False), ("login!", False), ("Re: Your receipt", False), ("Please cancel it", True)],
)
def test_a_subject_may_say_it_all(subject: str, says: bool) -> None:
    assert read(mail("", "From: ada@example.com", f"Subject: {subject}")).own_words == says


def test_the_words_are_found_in_any_dress() -> None:
    plain = part("text/plain; charset=iso-8859-1", "Stra=DFe", "Content-Transfer-Encoding: quoted-printable")
    html = part("text/html", "<style>p{}</style><p>Fish &amp; chips<br>now</p><blockquote>quoted</blockquote>")
    base64 = part("text/plain", "SGVsbG8=", "Content-Transfer-Encoding: base64")
    assert read(multipart("alternative", plain, html)).text == "Straße"
    assert read(multipart("alternative", html)).text.split() == ["Fish", "&", "chips", "now", ">"]
    assert read(multipart("mixed", base64)).text == "Hello"
    inner = "Content-Type: multipart/alternative; boundary=b2\n\n--b2\n\nbare part\n--b2--"
    assert read(multipart("mixed", inner)).text == "bare part"


@pytest.mark.parametrize(
    "raw",
    [
        multipart("mixed", part("image/jpeg", "/9j/", "Content-Disposition: attachment")),
        multipart("mixed", part("application/pdf", "JVBE")),
        multipart("mixed", part("text/plain", "", "Content-Disposition: attachment")),
        mail("", "From: ada@example.com", "Content-Type: multipart/mixed"),
        mail(" \n" * 100_000),
        mail("", "From: ada@example.com", "Content-Type: application/pkcs7-mime"),
    ],
)
def test_when_in_doubt_it_has_words(raw: bytes) -> None:
    assert read(raw).own_words


def test_a_logo_in_a_signature_says_nothing() -> None:
    logo = part("image/png", "iVBO", "Content-ID: <logo>")
    assert not read(multipart("related", part("text/plain", "> quoted\n"), logo)).own_words


def bombs() -> list[bytes]:
    big = 2_000_000
    head = b"From: ada@example.com\r\n"
    nested = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(3_000)
    )
    return [
        b"",
        b"\r\n",
        b"\0" * big,
        b":" * big,
        b"\r\n" * (big // 2),
        head + b"Content-Type: text/plain" + b";a=b" * 15_000 + b"\r\n\r\n",
        head + b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n" + nested,
        head + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 100_000,
        head + b"Content-Type: text/html\r\n\r\n" + b"<" * big,
        head + b"Content-Type: text/html\r\n\r\n" + b"<style " * 300_000,
        head + b"Content-Type: text/html\r\n\r\n" + b"<p&" * 300_000,
        head + b"Subject: " + b"=?utf-8?q?" * 800 + b"\r\n\r\n",
        head + b"Subject: =?idna?q?" + b"a." * 3_000 + b"?=\r\n\r\n",
        head + b"Subject: " + b"=?x" * 20_000 + b"\r\n\r\n",
        b"From: " + b"." * 60_000 + b"\r\n\r\n",
        b"From: " + b'""' * 30_000 + b"\r\n\r\n",
        b"From: " + b"(" * 8_000 + b"\r\n\r\n",
        b"From: " + b"<" * 8_000 + b"\r\n\r\n",
        b"From: " + b"a@b," * 2_000 + b"\r\n\r\n",
        b"From: " + b"\\" * 8_000 + b"\r\n\r\n",
        b"From: " + b'"' * 8_000 + b"\r\n\r\n",
        head + b"References: " + b"<" * 60_000 + b"\r\n\r\n",
        head + b"References: " + b"<a@b>" * 12_000 + b"\r\n\r\n",
        head + b"Message-ID: <[a]@x[b]y>\r\nContent-Type: x; name*\r\nDate: +99999999\r\nTo: (c):\r\n\r\n",
        head + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * big,
        head + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * (big // 3),
        head + b"\r\n" + b"a:\r\n" * (big // 4),
        head + b"\r\n" + b">" * big,
        head + b"\r\n" + b"-" * big,
        head + b"\r\n" + b"\r\n".join([b"sent from " + b"x" * 50] * 30_000),
        head + b"Content-Type: multipart/mixed" + b"; boundary=" * 20_000 + b"\r\n\r\n",
        head + b"Content-Type: multipart/report; " + b"; " * 4_000 + b"\r\n\r\n",
        head + b"Content-Type: text/calendar" + b";method=x " * 900 + b"\r\n\r\n",
        head + b"X-Auto-Response-Suppress: " + b"dr, " * 2_000 + b"x\r\n\r\n",
        head + b"Subject: " + b"words " * 200_000 + b"\r\n\r\n",
        head + b"Subject: " + b"out of the office " * 400 + b"\r\n\r\n" + b"I am away " * 20_000,
        head + b"Subject: undeliverable\r\n\r\n" + b"mail not " * 20_000,
        head + b"\r\n" + b"\r\n" * 3_000_000,
        head + b"\r\n" + b"From: x\r\n> \r\nOn it:\r\n" * 100_000,
        head + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 500,
        head + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * (big // 4),
        head + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A\r\n" * (big // 4),
        head + b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + b"\x1b$B" * 100_000,
        b"\r" * big,
        b"\xef\xbb\xbf" * 100_000,
        b"From nobody Mon Nov 23 2026\r\n" * 100_000,
    ]


@pytest.mark.parametrize("raw", bombs(), ids=lambda raw: raw[:60].decode("ascii", "replace"))
def test_no_mail_takes_long(raw: bytes) -> None:
    began = time.process_time()
    classify(read(raw), Envelope(""))
    assert time.process_time() - began < 0.25


@pytest.mark.parametrize("piece", [b"x", b"\r\n", b"A" * 76 + b"\r\n", b"--b\r\n\r\n", b"\0"])
def test_a_large_mail_is_not_copied(piece: bytes) -> None:
    head = b"From: ada@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    raw = head + piece * (64 * 1024 * 1024 // len(piece))
    tracemalloc.start()
    read(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_any_line_ends_are_understood(end: bytes) -> None:
    raw = b"\xef\xbb\xbfFrom: ada@example.com\nSubject: hi\n there\n\nHello\n-- \nAda\n".replace(b"\n", end)
    found = read(raw)
    assert (found.sender, found.subject, found.text) == ("ada@example.com", "hi there", "Hello\n-- \nAda")


def test_a_hidden_line_break_hides_no_second_sender() -> None:
    assert read(b"From: ada@example.com\rFrom: eve@example.com\r\n\r\n").fault == "it has several From headers"


PIECES = [
    b"From: ", b"Subject: ", b"Content-Type: ", b"multipart/mixed; boundary=", b"text/html; charset=", b"=?utf-8?b?",
    b"?=", b"\r\n", b"\r\n\r\n", b"--b", b"<a@b.c>", b'"', b"(", b",", b";", b"References: ", b"&#x0;",
    b"&#99999999999;",
    b"<blockquote>", b"Content-Transfer-Encoding: base64", b"\xff\xfe", b"utf-16", b"idna", b"> ", b"wrote:", b"-- ",
]  # fmt: skip


@settings(max_examples=200, deadline=2_000)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=30)), max_size=60))
def test_whatever_comes_it_never_raises(pieces: list[bytes]) -> None:
    found = read(b"".join(pieces))
    assert (found.sender is None) == (found.fault is not None)
    assert not set("\r\n\0") & set(found.subject)
    assert "\0" not in found.text
    found.text.encode()
    headers_of(b"".join(pieces))

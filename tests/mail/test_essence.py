"""The same mail is known by whichever way it comes, and two mails are never taken for one."""

import pytest

from worker.mail.essence import identity_of

HEAD = [
    "Message-ID: <1@mail.example>",
    "Date: Mon, 23 Nov 2026 00:00:00 +0000",
    "From: Ada <ada@example.com>",
    "Subject: access",
]
WORDS = "Please.\r\n\r\nAda"


def essence(head: list[str], words: str = WORDS, role: str = "") -> str | None:
    return identity_of("\r\n".join([*head, "", words]).encode(), role).essence


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (["Delivered-To: access@shop.example", "Received: by host; now", *HEAD], WORDS),
        (HEAD[::-1], WORDS + "\r\n\r\n"),
        ([*HEAD[:3], "Subject:  access", "X-Spam: no"], WORDS),
        (HEAD, WORDS.replace("\r\n", "\n")),
    ],
)
def test_the_marks_of_the_way_make_no_difference(head: list[str], words: str) -> None:
    assert essence(head, words) == essence(HEAD) is not None


@pytest.mark.parametrize(
    ("head", "words", "role"),
    [
        (["Message-ID: <2@mail.example>", *HEAD[1:]], WORDS, ""),
        ([*HEAD[:2], "From: eve@example.com", HEAD[3]], WORDS, ""),
        ([*HEAD[:3], "Subject: invoice"], WORDS, ""),
        ([HEAD[0], "Date: Mon, 23 Nov 2026 00:00:01 +0000", *HEAD[2:]], WORDS, ""),
        (HEAD, "Other words", ""),
        (HEAD, WORDS, "people"),
        ([*HEAD, "From: second@example.com"], WORDS, ""),
    ],
)
def test_what_says_something_else_is_another_mail(head: list[str], words: str, role: str) -> None:
    assert essence(head, words, role) not in (essence(HEAD), None)


def test_without_id_and_date_nobody_can_tell() -> None:
    assert essence(HEAD[2:]) is None
    assert essence(HEAD[1:]) is not None
    assert identity_of(b"Message-ID: <1@mail.example>\r\n\r\n").message_id == "<1@mail.example>"

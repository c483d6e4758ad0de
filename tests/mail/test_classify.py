"""What an inbound mail is: nobody answers a bounce, a complaint, a robot or a list, and people are answered."""

import pytest

from worker.core.bounce import Delivery
from worker.mail.addresses import OurAddresses
from worker.mail.classify import LOOP_MARK, Class, Envelope, Outcome, classify
from worker.mail.envelope import bounce_envelope
from worker.mail.read import read

KEY = "0123456789abcdef"
OURS = OurAddresses("Access@shop.example", "bounces@shop.example", ("older-key-0123456789", KEY))


def classed(*headers: str, sender: str = "ada@example.com", to: str = "access@shop.example") -> Class:
    head = headers if any(each.startswith("From:") for each in headers) else ("From: ada@example.com", *headers)
    return classify(read("\r\n".join([*head, "", "Hello"]).encode()), OURS.envelope(sender, (to,)))


@pytest.mark.parametrize(
    ("outcome", "headers", "sender"),
    [
        (Outcome.LINK_REQUEST, ["Subject: Hi"], "ada@example.com"),
        (Outcome.LINK_REQUEST, ["Auto-Submitted: no"], "ada@example.com"),
        (Outcome.LINK_REQUEST, ["Precedence: first-class"], "ada@example.com"),
        (Outcome.LINK_REQUEST, ["From: Noreen <noreen@example.com>"], "noreen@example.com"),
        (Outcome.BOUNCE, ["Subject: failed"], ""),
        (Outcome.BOUNCE, ["Content-Type: multipart/report; report-type=delivery-status; boundary=x"], "x@example.com"),
        (
            Outcome.BOUNCE,
            ['Content-Type: Multipart/Report; boundary=x; Report-Type="Delivery-Status"'],
            "x@example.com",
        ),
        (Outcome.BOUNCE, ["From: MAILER-DAEMON@mx.example"], "x@example.com"),
        (Outcome.BOUNCE, ["From: ada@example.com"], "postmaster@mx.example"),
        (Outcome.COMPLAINT, ["Content-Type: multipart/report; report-type=feedback-report"], "fbl@example.com"),
        (Outcome.AUTOMATIC, ["Content-Type: multipart/report; report-type=disposition-notification"], "a@example.com"),
        (Outcome.AUTOMATIC, ["Auto-Submitted: auto-replied (vacation)"], "ada@example.com"),
        (Outcome.AUTOMATIC, ["Auto-Submitted: auto-replied"], ""),
        (Outcome.AUTOMATIC, ["auto-submitted: Auto-Generated; x=y"], "ada@example.com"),
        (Outcome.AUTOMATIC, ["X-Autoreply: yes"], "ada@example.com"),
        (Outcome.AUTOMATIC, ["X-Auto-Response-Suppress: All"], "ada@example.com"),
        (Outcome.AUTOMATIC, ["Precedence: bulk"], "ada@example.com"),
        (Outcome.AUTOMATIC, ["Precedence: AUTO_REPLY"], "ada@example.com"),
        (Outcome.AUTOMATIC, ["From: no-reply@example.com"], "x@example.com"),
        (Outcome.AUTOMATIC, ["From: ada@example.com"], "bounces+1@example.com"),
        (Outcome.AUTOMATIC, [f"{LOOP_MARK}: 1"], "ada@example.com"),
        (Outcome.AUTOMATIC, ["Received: x"] * 51, "ada@example.com"),
        (Outcome.LIST, ["Precedence: list"], "ada@example.com"),
        (Outcome.LIST, ["List-Id: <x.example>"], "ada@example.com"),
        (Outcome.LIST, ["List-Unsubscribe: <mailto:x@example.com>"], "ada@example.com"),
        (Outcome.MALFORMED, ["From: a@example.com", "From: b@example.com"], "ada@example.com"),
        (Outcome.MALFORMED, ["From: "], "ada@example.com"),
    ],
)
def test_by_its_signs(outcome: Outcome, headers: list[str], sender: str) -> None:
    assert classed(*headers, sender=sender).outcome is outcome


def test_what_comes_to_a_bounce_address_of_ours_is_a_bounce() -> None:
    address = bounce_envelope("bounces@shop.example", Delivery("01abc", 1), KEY.encode())
    found = classed("Subject: Undelivered", to=address.upper())
    assert found == Class(Outcome.BOUNCE, "to the bounce address of 01abc")


def test_loops_are_told_apart_from_other_robots() -> None:
    assert classed(f"{LOOP_MARK}: 1").loop
    assert not classed("Auto-Submitted: auto-replied").loop


@pytest.mark.parametrize(
    ("doubtful", "headers", "sender"),
    [
        (
            True,
            ["Subject: Away: your link", "", "Thank you for your message, I will reply next week."],
            "a@example.com",
        ),
        (True, ["Subject: Hi", "", "This is an automated message."], "a@example.com"),
        (True, ["Subject: Delivery failed", "", "User unknown: x@example.com"], "a@example.com"),
        (False, ["Subject: Delivery failed", "", "User unknown: x@example.com"], ""),
        (True, ["Subject: Automatic reply: your link", "", "Hello"], "a@example.com"),
        (False, ["Subject: Automatic reply: your link", "", "Hello"], ""),
        (True, ["Subject: Vacation notice: my link", "", "Hello"], "a@example.com"),
        (True, ["Subject: Hi", "", "Hello"], "owner-anna@example.com"),
        (True, ["Subject: Hi", "", "Hello"], "special-request@example.com"),
        (True, ["Subject: Hi", "", "Hello"], "bounce-house@example.com"),
        (False, ["Precedence: bulk", "", "Hello"], "owner-anna@example.com"),
        (False, ["Subject: Hi", "", "Hello"], "no-reply@example.com"),
        (False, ["Auto-Submitted: auto-replied", "", "Hello"], "a@example.com"),
    ],
)
def test_what_words_alone_tell_stays_in_doubt(doubtful: bool, headers: list[str], sender: str) -> None:
    found = classed(*headers, sender=sender)
    assert found.by_name == (found.reason == "an address like a robot's")
    assert found.outcome in (Outcome.AUTOMATIC, Outcome.BOUNCE)
    assert found.doubtful == doubtful


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome.AUTOMATIC, "Your email has been received. We aim to answer within 2 working days."),
        (Outcome.AUTOMATIC, "Ticket #44812 has been opened. Our agents will write to you."),
        (Outcome.AUTOMATIC, "Thank you. This is to confirm receipt."),
        (Outcome.AUTOMATIC, "Vielen Dank für Ihre Nachricht. Wir melden uns schnellstmöglich bei Ihnen."),
        (Outcome.AUTOMATIC, "Nous avons bien reçu votre demande et nous vous répondrons sous 48 heures."),
        (Outcome.AUTOMATIC, "出張のため返信が遅れます。お急ぎの方は代表までご連絡ください。"),
        (Outcome.LINK_REQUEST, "You charged me twice: a case has been opened with my bank."),
        (Outcome.LINK_REQUEST, "Danke für Ihre Nachricht. Ich bin bis 5.12. im Urlaub, wo finde ich die Rechnung?"),
        (Outcome.LINK_REQUEST, "Any news on my ticket #55? It has been opened a week ago."),
        (Outcome.LINK_REQUEST, "We received your mail, but the PDF is empty."),
    ],
)
def test_what_service_desks_write_is_told_from_what_people_write(outcome: Outcome, text: str) -> None:
    assert classed("Subject: Re: Your receipt", "", text).outcome is outcome


def test_the_keeper_of_the_domain_gets_no_link() -> None:
    assert classed("Subject: Hi", to="postmaster@shop.example").outcome is Outcome.FOR_PEOPLE
    assert OURS.envelope("", ("access@shop.example", "abuse@shop.example")) == Envelope("", None, for_people=False)
    assert OURS.for_people(("access@shop.example", "abuse@shop.example"))


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("access@shop.example", True),
        ("ACCESS@SHOP.EXAMPLE", True),
        ("postmaster", True),
        ("Postmaster@shop.example", True),
        ("abuse@shop.example", True),
        (bounce_envelope("bounces@shop.example", Delivery("01abc", 1), KEY.encode()), True),
        (bounce_envelope("bounces@shop.example", Delivery("01abc", 1), b"another key"), False),
        ("bounces@shop.example", False),
        ("abuse", False),
        ("access", False),
        ("access@elsewhere.example", False),
        ("access+x@shop.example", False),
        ("acce\u017fs@shop.example", False),
        ("postmaster@elsewhere.example", False),
        ("", False),
    ],
)
def test_which_addresses_are_ours(address: str, ours: bool) -> None:
    assert OURS.accept(address) == ours

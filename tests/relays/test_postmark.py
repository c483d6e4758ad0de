"""Postmark: the secret that proves its webhooks, and what each says, in the shapes that its documentation shows."""

import json
from base64 import b64encode

import pytest

from worker.core.bounce import Happening, Reported, Returned
from worker.core.raw_event import Forged, Genuine, Ignored, RawEvent, Unreadable
from worker.relays.postmark import RELAY

SECRETS = ("older:secret", "letterkey:correct horse")
BOUNCE = {
    "RecordType": "Bounce",
    "MessageStream": "outbound",
    "ID": 4323372036854775807,
    "Type": "HardBounce",
    "TypeCode": 1,
    "Name": "Hard bounce",
    "Tag": "",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "Metadata": {"letterkey": "01k9s0q0v5m5e8r2x6t4c3w7ya"},
    "ServerID": 23,
    "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
    "Details": "smtp;550 5.1.1 no such user",
    "Email": "ada@example.com",
    "From": "shop@example.org",
    "BouncedAt": "2026-11-22T18:48:00.0000000Z",
    "DumpAvailable": True,
    "Inactive": True,
    "CanActivate": True,
    "Subject": "Your receipt",
}
DELIVERY = {
    "RecordType": "Delivery",
    "ServerID": 23,
    "MessageStream": "outbound",
    "MessageID": "00000000-0000-0000-0000-000000000000",
    "Recipient": "ada@example.com",
    "Tag": "",
    "DeliveredAt": "2026-11-22T18:48:00Z",
    "Details": "Test delivery webhook details",
    "Metadata": {},
}
CHANGE = {
    "RecordType": "SubscriptionChange",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "ServerID": 123456,
    "MessageStream": "outbound",
    "ChangedAt": "2026-11-22T18:48:00Z",
    "Recipient": "ada@example.com",
    "Origin": "Recipient",
    "SuppressSending": True,
    "SuppressionReason": "HardBounce",
    "Tag": "",
    "Metadata": {},
}


def basic(user_and_password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(user_and_password.encode()).decode()}


def event(said: object, headers: dict[str, str] | None = None) -> RawEvent:
    return RawEvent(headers or {}, json.dumps(said).encode(), 0)


@pytest.mark.parametrize(
    "headers",
    [basic("letterkey:correct horse"), basic("older:secret"), {"x-letterkey-secret": "letterkey:correct horse"}],
)
def test_by_user_and_password_or_a_header_it_is_proven(headers: dict[str, str]) -> None:
    found = RELAY.verify(event(BOUNCE, headers), SECRETS, None)
    assert found == Genuine("Bounce:4323372036854775807", "Bounce")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("letterkey:wrong"),
        basic(""),
        {"authorization": "Basic nonsense!"},
        {"authorization": "Basic /w=="},
        {"authorization": "Bearer letterkey:correct horse"},
        {"x-letterkey-secret": ""},
        {"x-letterkey-secret": "ö"},
    ],
)
def test_without_it_is_forged(headers: dict[str, str]) -> None:
    assert isinstance(RELAY.verify(event(BOUNCE, headers), SECRETS, None), Forged)
    assert isinstance(RELAY.verify(event(BOUNCE, headers), (), None), Forged)


def test_what_has_no_number_is_told_apart_by_its_content() -> None:
    headers = basic(SECRETS[0])
    first = RELAY.verify(event(DELIVERY, headers), SECRETS, None)
    assert first == RELAY.verify(event(DELIVERY, headers), SECRETS, None)
    assert first != RELAY.verify(event(DELIVERY | {"Recipient": "grace@example.com"}, headers), SECRETS, None)


def test_a_bounce_names_our_mail_by_its_metadata() -> None:
    assert RELAY.read(event(BOUNCE)) == Returned(
        "postmark",
        (Reported(Happening.HARD, "ada@example.com", None, "smtp;550 5.1.1 no such user"),),
        mails=("01k9s0q0v5m5e8r2x6t4c3w7ya",),
    )
    assert RELAY.mark == "X-PM-Metadata-letterkey"


@pytest.mark.parametrize(
    ("said", "happening"),
    [
        (BOUNCE | {"Type": "SoftBounce"}, Happening.SOFT),
        (BOUNCE | {"Type": "Transient"}, Happening.SOFT),
        (BOUNCE | {"Type": "BadEmailAddress"}, Happening.HARD),
        (BOUNCE | {"Type": "AutoResponder"}, Happening.UNCLEAR),
        (BOUNCE | {"Type": "NewWord"}, Happening.UNCLEAR),
        (BOUNCE | {"RecordType": "SpamComplaint", "Type": "SpamComplaint"}, Happening.COMPLAINT),
        (DELIVERY, Happening.DELIVERED),
        (CHANGE, Happening.HARD),
        (CHANGE | {"SuppressionReason": "SpamComplaint"}, Happening.COMPLAINT),
        (CHANGE | {"SuppressionReason": "ManualSuppression"}, Happening.COMPLAINT),
        (CHANGE | {"SuppressionReason": "ManualSuppression", "Origin": "Admin"}, Happening.UNCLEAR),
    ],
)
def test_what_it_says(said: dict[str, object], happening: Happening) -> None:
    found = RELAY.read(event(said))
    assert isinstance(found, Returned)
    assert [(each.happening, each.address) for each in found.reports] == [(happening, "ada@example.com")]


def test_what_says_nothing_of_a_mail_is_ignored_and_what_should_is_set_aside() -> None:
    for said in ({"RecordType": "Open"}, CHANGE | {"SuppressSending": False}):
        assert isinstance(RELAY.read(event(said)), Ignored)
    odd: list[object] = [{}, [], "", BOUNCE | {"Email": None}, BOUNCE | {"Email": ["a"]}, DELIVERY | {"Recipient": ""}]
    for each in odd:
        assert isinstance(RELAY.read(event(each)), Unreadable)

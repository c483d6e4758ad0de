"""Amazon SES through SNS: what is proven, whom we ask for certificates, and what each notification says."""

import json

import pytest

from support.databases import START
from support.sns import CERTIFICATE_URL, SUBSCRIBE_URL, TOPIC, bounce, certificate, confirmation, mail, notification
from worker.core.bounce import Happening, Reported, Returned
from worker.core.raw_event import Forged, Genuine, Ignored, RawEvent, Unreadable
from worker.relays.ses import RELAY

BOUNCE = {"notificationType": "Bounce", "bounce": bounce(), "mail": mail()}
TOPICS = ("arn:aws:sns:eu-west-1:123456789012:older", TOPIC)


def event(body: bytes) -> RawEvent:
    return RawEvent({"content-type": "text/plain"}, body, START)


def proven(body: bytes, pem: bytes | None = None) -> bool:
    return isinstance(RELAY.verify(event(body), TOPICS, certificate() if pem is None else pem), Genuine)


def told(said: dict[str, object]) -> Returned:
    found = RELAY.read(event(notification(said)))
    assert isinstance(found, Returned)
    return found


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_signed_message_of_our_topic_is_proven(version: str) -> None:
    body = notification(BOUNCE, version)
    assert RELAY.certificate(event(body), TOPICS) == CERTIFICATE_URL
    assert RELAY.verify(event(body), TOPICS, certificate()) == Genuine(
        "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "Notification"
    )
    assert proven(notification(BOUNCE, version, Subject="Amazon SES Email Event Notification"))
    assert proven(confirmation())


@pytest.mark.parametrize(
    "changed",
    [
        {"Message": "{}"},
        {"MessageId": "another"},
        {"Subject": "new"},
        {"Timestamp": "2027-01-01T00:00:00.000Z"},
        {"TopicArn": "arn:aws:sns:eu-west-1:999999999999:theirs"},
        {"Type": "SubscriptionConfirmation"},
        {"Type": "Somewhat"},
        {"SignatureVersion": "1"},
        {"SignatureVersion": "3"},
        {"Signature": "bm9uc2Vuc2U="},
        {"Signature": "no base64"},
        {"Signature": None},
    ],
)
def test_what_was_changed_is_forged(changed: dict[str, object]) -> None:
    assert not proven(json.dumps(json.loads(notification(BOUNCE)) | changed).encode())


@pytest.mark.parametrize(("from_day", "to_day", "holds"), [(-1, 1, True), (-9, -1, False), (1, 9, False)])
def test_a_certificate_counts_within_its_time(from_day: int, to_day: int, *, holds: bool) -> None:
    assert proven(notification(BOUNCE), certificate(days=(from_day, to_day))) == holds


def test_another_key_another_topic_raw_delivery_and_nonsense_are_forged() -> None:
    assert not proven(notification(BOUNCE, signer="mallory"))
    assert not proven(notification(BOUNCE, TopicArn="arn:aws:sns:eu-west-1:999999999999:theirs"))
    assert isinstance(RELAY.verify(event(notification(BOUNCE)), TOPICS, None), Forged)
    for body in (json.dumps(BOUNCE).encode(), b"", b"[]", b"{", b"\xff", b"[" * 5_000):
        assert not proven(body)
    for pem in (b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"):
        assert not proven(notification(BOUNCE), pem or b" ")


@pytest.mark.parametrize(
    "address",
    [
        CERTIFICATE_URL.replace("https", "http"),
        CERTIFICATE_URL.replace("amazonaws.com", "amazonaws.com.mallory.example"),
        CERTIFICATE_URL.replace("sns.", "mallory."),
        CERTIFICATE_URL.replace("https://sns", "https://mallory.example/sns"),
        CERTIFICATE_URL.replace("https://", "https://sns.eu-west-1.amazonaws.com@mallory.example/"),
        CERTIFICATE_URL.replace("https://", "https://user:password@"),
        CERTIFICATE_URL.replace(".com/", ".com:8443/"),
        CERTIFICATE_URL.replace(".com/", ".com:port/"),
        CERTIFICATE_URL.replace("/Simple", "/bucket/Simple"),
        "https://sns.eu-west-1.amazonaws.com/",
        CERTIFICATE_URL + "?copy=1",
        CERTIFICATE_URL + "#copy",
        CERTIFICATE_URL.replace("amazonaws.com", "amazonaws.com%2emallory.example"),
        CERTIFICATE_URL.replace("https://", "https://mallory.example\\@"),
        CERTIFICATE_URL.replace("amazonaws.com/", "amazonaws.com\\.mallory.example/"),
        CERTIFICATE_URL.replace("amazonaws.com/", "amazonaws.com\n.mallory.example/"),
        "https://[",
        "",
    ],
)
def test_certificates_come_from_sns_alone(address: str) -> None:
    assert RELAY.certificate(event(notification(BOUNCE, SigningCertURL=address)), TOPICS) is None


def test_for_another_topic_nothing_is_fetched_and_nothing_confirmed() -> None:
    theirs = {"TopicArn": "arn:aws:sns:eu-west-1:999999999999:theirs"}
    assert RELAY.certificate(event(notification(BOUNCE, **theirs)), TOPICS) is None
    assert RELAY.confirm(event(confirmation(**theirs)), TOPICS) is None
    assert RELAY.confirm(event(confirmation(SubscribeURL="https://mallory.example/")), TOPICS) is None
    assert RELAY.confirm(event(notification(BOUNCE)), TOPICS) is None
    assert RELAY.confirm(event(confirmation()), TOPICS) == SUBSCRIBE_URL


@pytest.mark.parametrize("kind", ["notificationType", "eventType"])
def test_a_bounce_in_both_shapes(kind: str) -> None:
    found = told({kind: "Bounce", "bounce": bounce(), "mail": mail()})
    assert found.message_ids == ("<ours@example.org>",)
    assert found.envelope == "shop@example.org"
    words = "smtp; 550 5.1.1 user unknown"
    assert found.reports == (Reported(Happening.HARD, "ada@example.com", "5.1.1", words),)


@pytest.mark.parametrize(
    ("said", "happening"),
    [
        ({"eventType": "Bounce", "bounce": bounce("Permanent", "")}, Happening.HARD),
        ({"eventType": "Bounce", "bounce": bounce("Permanent", "5.7.1")}, Happening.SOFT),
        ({"eventType": "Bounce", "bounce": bounce("Transient", "4.4.7")}, Happening.SOFT),
        ({"eventType": "Bounce", "bounce": bounce("Undetermined", "5.1.1")}, Happening.SOFT),
        (
            {
                "eventType": "Complaint",
                "complaint": {
                    "complainedRecipients": [{"emailAddress": "ada@example.com"}],
                    "complaintFeedbackType": "abuse",
                },
            },
            Happening.COMPLAINT,
        ),
        (
            {
                "notificationType": "Complaint",
                "complaint": {
                    "complainedRecipients": [{"emailAddress": "ada@example.com"}],
                    "complaintFeedbackType": "not-spam",
                },
            },
            Happening.UNCLEAR,
        ),
        ({"eventType": "Delivery", "delivery": {"recipients": ["ada@example.com"]}}, Happening.DELIVERED),
        (
            {
                "eventType": "DeliveryDelay",
                "deliveryDelay": {"delayedRecipients": [{"emailAddress": "ada@example.com"}]},
            },
            Happening.DELAYED,
        ),
        ({"eventType": "Reject", "reject": {"reason": "Bad content"}}, Happening.SOFT),
    ],
)
def test_what_it_says(said: dict[str, object], happening: Happening) -> None:
    [reported] = told({**said, "mail": mail()}).reports
    assert (reported.happening, reported.address) == (happening, "ada@example.com")


def test_what_says_nothing_of_a_mail_is_ignored_and_what_should_is_set_aside() -> None:
    for said in ({"eventType": "Open"}, {"eventType": "Send", "mail": mail()}, "Successfully validated SNS topic", {}):
        assert isinstance(RELAY.read(event(notification(said))), Ignored)
    assert isinstance(RELAY.read(event(confirmation())), Ignored)
    for odd in ({"eventType": "Bounce"}, {"eventType": "Complaint", "complaint": {"complainedRecipients": [1]}}):
        assert isinstance(RELAY.read(event(notification(odd))), Unreadable)

"""Which of PayPal's events are proven, and what must be fetched for that: signatures, names, times and chains."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zlib import crc32

import pytest
from cryptography import x509

from sources.goldens import body_of
from support.paypal_chain import (
    CERTIFICATE_URL,
    ISSUER_URL,
    NOW,
    SANDBOX,
    WEBHOOK_ID,
    certificate,
    headers,
    issuer,
    lying,
    pem,
    root,
)
from worker.core.instant import DAY, SECOND, from_datetime
from worker.sources.event import Forged, Genuine, RawEvent
from worker.sources.paypal import SOURCE, trusting
from worker.sources.paypal_roots import ROOTS

BODY = body_of("paypal", "PAYMENT.CAPTURE.COMPLETED.json")
AT = from_datetime(NOW)
PAYPAL = trusting(pem(root()))


def event(body: bytes = BODY, fetched: dict[str, bytes] | None = None, **signed: object) -> RawEvent:
    found = headers(body, **signed)  # type: ignore[arg-type]  # its own arguments
    return RawEvent(found, body, AT, lying() if fetched is None else fetched)


def verify(raw: RawEvent, secrets: tuple[str, ...] = (WEBHOOK_ID,), now: int = AT) -> Genuine | Forged:
    return PAYPAL.verify(raw, secrets, now)


def with_header(name: str, value: str | None) -> RawEvent:
    raw = event()
    kept = {key: told for key, told in raw.headers.items() if key != name}
    return replace(raw, headers=kept if value is None else {**kept, name: value})


@pytest.mark.parametrize("secrets", [(WEBHOOK_ID,), ("OTHER", WEBHOOK_ID), ("", WEBHOOK_ID)])
def test_a_signature_of_paypals_for_one_of_our_webhooks_proves_the_event(secrets: tuple[str, ...]) -> None:
    assert verify(event(), secrets) == Genuine("WH-58329511W468432D-8HN650336L201101X", "PAYMENT.CAPTURE.COMPLETED")


def test_a_chain_that_comes_along_needs_no_other_file() -> None:
    raw = event(fetched={CERTIFICATE_URL: pem(certificate(), issuer())})

    assert PAYPAL.lacks(raw, (WEBHOOK_ID,)) is None
    assert isinstance(verify(raw), Genuine)


def test_the_sandbox_has_a_name_of_its_own() -> None:
    assert isinstance(verify(event(fetched=lying(host=SANDBOX))), Genuine)


@pytest.mark.parametrize("secrets", [(), ("",), ("OTHER",), (WEBHOOK_ID.lower(),)])
def test_another_webhooks_event_is_not_ours(secrets: tuple[str, ...]) -> None:
    found = verify(event(), secrets)

    assert isinstance(found, Forged)
    assert WEBHOOK_ID not in found.reason


@pytest.mark.parametrize("at", [0, 100, len(BODY) - 2])
def test_an_altered_byte_is_found(at: int) -> None:
    raw = event()
    altered = bytes([*BODY[:at], BODY[at] ^ 1, *BODY[at + 1 :]])

    assert crc32(altered) != crc32(BODY)
    assert isinstance(verify(replace(raw, body=altered)), Forged)


def test_another_key_proves_nothing() -> None:
    assert isinstance(verify(event(signer="mallory")), Forged)


@pytest.mark.parametrize(
    "fetched",
    [
        lying(host="messageverificationcerts.paypal.com.evil.example"),
        lying(host="api.paypal.com"),
        lying(days=(-90, -1)),
        lying(days=(1, 90)),
        {CERTIFICATE_URL: pem(certificate(of="stranger")), ISSUER_URL: pem(issuer("stranger"))},
        {CERTIFICATE_URL: pem(certificate(of="stranger"), issuer("stranger"), root("stranger"))},
        {CERTIFICATE_URL: pem(certificate()), ISSUER_URL: pem(issuer("stranger"))},
        {CERTIFICATE_URL: pem(certificate()), ISSUER_URL: b"nothing of the kind"},
        {CERTIFICATE_URL: pem(certificate())},
        {CERTIFICATE_URL: b""},
        {CERTIFICATE_URL: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
        {ISSUER_URL: pem(issuer())},
        {},
    ],
    ids=[
        "a name that only begins like PayPal's",
        "another name of PayPal's",
        "expired",
        "not in force yet",
        "a foreign chain",
        "a foreign chain with its root",
        "an issuer that isn't its own",
        "an issuer that is none",
        "no issuer",
        "empty",
        "rubbish",
        "no certificate",
        "nothing",
    ],
)
def test_only_a_certificate_of_paypals_in_its_time_counts(fetched: dict[str, bytes]) -> None:
    assert isinstance(verify(event(fetched=fetched)), Forged)


def test_the_tests_own_root_is_nothing_to_who_trusts_the_real_ones() -> None:
    assert isinstance(SOURCE.verify(event(), (WEBHOOK_ID,), AT), Forged)
    names = [each.subject.rfc4514_string() for each in x509.load_pem_x509_certificates(ROOTS)]
    assert len(names) == 4
    assert all("DigiCert" in name for name in names)


@pytest.mark.parametrize(
    ("sent", "genuine"),
    [(0, True), (-3, True), (-4, True), (-4.01, False), (-300, False), (0.003, True), (0.004, False), (2, False)],
)
def test_what_paypal_sends_again_for_three_days_is_taken_and_no_more(sent: float, genuine: bool) -> None:
    raw = event(at=datetime.fromtimestamp(NOW.timestamp(), NOW.tzinfo) + timedelta(days=sent))

    assert isinstance(verify(raw), Genuine) is genuine


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (f"paypal-{name}", value)
            for name in ("transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo")
            for value in (None, "", "x", "\ud800", "y" * 2_000)
        ],
        ("paypal-transmission-sig", "AAAA"),
        ("paypal-transmission-sig", "not base64!"),
        ("paypal-transmission-time", "2026-11-22T18:48:05"),
        ("paypal-auth-algo", "SHA1withRSA"),
        ("paypal-auth-algo", "none"),
    ],
)
def test_a_crooked_header_is_refused_kindly(name: str, value: str | None) -> None:
    assert isinstance(verify(with_header(name, value)), Forged)


@pytest.mark.parametrize(
    "address",
    [
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://user:pass@api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://www.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../x",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?to=evil.example",
        "https://api.paypal.com/v1/notifications/certs/CERT-1#x",
        "https://api.paypal.com/v1/notifications/certs/CERT-1/x",
        "https://api.paypal.com/CERT-1",
        "file:///etc/passwd",
        "https://[::1",
    ],
)
def test_nothing_is_fetched_from_elsewhere(address: str) -> None:
    raw = replace(with_header("paypal-cert-url", address), fetched={address: pem(certificate(), issuer())})

    assert PAYPAL.lacks(replace(raw, fetched={}), (WEBHOOK_ID,)) is None
    assert isinstance(verify(raw), Forged)


def test_the_certificate_is_lacked_first_and_then_its_issuers() -> None:
    raw = event(fetched={})

    assert PAYPAL.lacks(raw, (WEBHOOK_ID,)) == CERTIFICATE_URL
    assert PAYPAL.lacks(replace(raw, fetched={CERTIFICATE_URL: pem(certificate())}), (WEBHOOK_ID,)) == ISSUER_URL
    assert PAYPAL.lacks(replace(raw, fetched=lying()), (WEBHOOK_ID,)) is None


def test_nothing_is_fetched_for_what_can_not_be_paypals() -> None:
    assert PAYPAL.lacks(RawEvent({}, BODY, AT), (WEBHOOK_ID,)) is None
    assert PAYPAL.lacks(event(fetched={}), ()) is None
    assert PAYPAL.lacks(replace(with_header("paypal-transmission-sig", "?"), fetched={}), (WEBHOOK_ID,)) is None


def test_an_issuer_is_fetched_from_digicert_alone() -> None:
    assert PAYPAL.lacks(event(fetched={CERTIFICATE_URL: pem(issuer())}), (WEBHOOK_ID,)) is None


def test_what_is_signed_and_can_not_be_read_is_kept_for_a_person() -> None:
    found = verify(event(body=b"not json"))

    assert isinstance(found, Genuine)
    assert (found.event_id[:7], found.name) == ("sha256:", "unreadable")


def test_a_message_that_paypal_itself_signed_is_proven() -> None:
    sent = json.loads((Path(__file__).parent / "signed_by_paypal.json").read_text(encoding="utf-8"))
    fetched = {sent["headers"]["paypal-cert-url"]: sent["certificate"].encode()}
    raw = RawEvent(sent["headers"], sent["body"].encode(), 0, fetched)
    at = 1_722_627_304 * SECOND + SECOND
    # Its issuer isn't at hand here, so the certificate itself is what is trusted.
    there = trusting(sent["certificate"].encode())

    assert there.verify(raw, ("WEBHOOK_ID",), at) == Genuine(
        "WH-1GE84257G0350133W-6RW800890C634293G", "PAYMENT.CAPTURE.REFUNDED"
    )
    assert isinstance(there.verify(raw, ("WEBHOOK_ID2",), at), Forged)
    assert isinstance(there.verify(raw, ("WEBHOOK_ID",), at + 300 * DAY), Forged)
    assert isinstance(SOURCE.verify(raw, ("WEBHOOK_ID",), at), Forged)
    assert SOURCE.lacks(raw, ("WEBHOOK_ID",)) == (
        "https://cacerts.digicert.com/DigiCertSHA2ExtendedValidationServerCA.crt"
    )

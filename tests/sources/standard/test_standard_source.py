"""A shop's own program tells transactions as Standard Webhooks."""

import json

import pytest

from sources.goldens import RECEIVED_AT, body_of
from worker.core.acceptance import read as accept
from worker.core.instant import SECOND
from worker.core.standard_webhooks import signed_headers
from worker.core.transaction import Issuer
from worker.sources import GUIDES, SOURCES
from worker.sources.event import Forged, Genuine, RawEvent, Told

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def raw(body: bytes, message_id: str = "msg_1") -> RawEvent:
    return RawEvent(signed_headers((SECRET,), message_id, RECEIVED_AT // SECOND, body), body, RECEIVED_AT)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("sale.json", "sale"),
        ("customer_changed.json", "customer_changed"),
        ("wrong.kind.json", "purchase"),
        ("wrong.data_is_text.json", "unreadable"),
        ("wrong.truncated.body", "unreadable"),
    ],
)
def test_a_signed_message_is_kept_under_its_id_and_kind(event: str, name: str) -> None:
    source, message = SOURCES["standard"], raw(body_of("standard", event), "msg_7")

    assert source.verify(message, (SECRET,), RECEIVED_AT) == Genuine("msg_7", name)
    assert isinstance(source.verify(message, ("whsec_" + "QUJD" * 8,), RECEIVED_AT), Forged)
    assert isinstance(source.verify(message, (SECRET,), RECEIVED_AT + 301 * SECOND), Forged)


def test_an_envelope_and_its_content_tell_the_same() -> None:
    bare = body_of("standard", "sale.json")
    wrapped = json.dumps({"type": "sale.made", "timestamp": "2026-11-22T18:48:00Z", "data": json.loads(bare)}).encode()
    read = SOURCES["standard"].read

    assert read(raw(wrapped)) == read(raw(bare)) == Told((accept(json.loads(bare)),))  # type: ignore[arg-type]


def test_the_shop_invoices_and_its_secret_has_a_form() -> None:
    assert SOURCES["standard"].default_issuer is Issuer.US
    assert GUIDES["standard"].wrong_secret(SECRET) is None
    assert "base64" in (GUIDES["standard"].wrong_secret("a secret word") or "")

"""Which of ThriveCart's events are proven by the secret in their body, and under which id they are kept."""

from collections.abc import Mapping
from urllib.parse import urlencode

import pytest

from sources.goldens import body_of
from worker.sources import SOURCES
from worker.sources.event import Forged, Genuine, RawEvent

SECRET = "TEST0SECRET0WORD"
FORM = body_of("thrivecart", "order.success.form")
JSON = body_of("thrivecart", "order.success.json")


def verify(body: bytes, secrets: tuple[str, ...] = (SECRET,), headers: Mapping[str, str] | None = None) -> object:
    return SOURCES["thrivecart"].verify(RawEvent(headers or {}, body, 0), secrets, 0)


@pytest.mark.parametrize("body", [FORM, JSON])
@pytest.mark.parametrize("secrets", [(SECRET,), ("OTHER", SECRET), ("", SECRET)])
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_the_secret_proves_the_event(body: bytes, secrets: tuple[str, ...], content_type: str) -> None:
    found = verify(body, secrets, {"content-type": content_type})

    assert isinstance(found, Genuine)
    assert found.name == "order.success"
    assert found.event_id.startswith("order.success:41000556:000001382:")


@pytest.mark.parametrize("secrets", [(), ("",), ("OTHER",), (SECRET.lower(),), (SECRET + "1",), (SECRET[:-1],)])
@pytest.mark.parametrize("body", [FORM, JSON])
def test_without_the_right_secret_nothing_is_genuine(body: bytes, secrets: tuple[str, ...]) -> None:
    found = verify(body, secrets)

    assert isinstance(found, Forged)
    assert SECRET not in found.reason


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"thrivecart_secret": true}',
        b'{"thrivecart_secret": ["TEST0SECRET0WORD"]}',
        b"thrivecart_secret=",
        b"thrivecart_secret[]=TEST0SECRET0WORD",
        b"event=order.success",
        b"[" * 100_000,
        b'{"a":' * 20 + b"1" + b"}" * 20,
        b"a=1&" * 100_000,
        b'{"thrivecart_secret": "\\ud800"}',
        b'{"thrivecart_secret": 1e99999999999999999999}',
    ],
)
def test_a_body_that_makes_no_sense_is_forged(body: bytes) -> None:
    assert isinstance(verify(body), Forged)


def test_a_later_secret_in_the_same_form_does_not_count() -> None:
    assert isinstance(verify(b"thrivecart_secret=guess&" + FORM), Forged)


def test_a_repeated_delivery_has_the_id_of_the_first() -> None:
    assert verify(FORM) == verify(FORM)
    assert verify(FORM) != verify(FORM + b"&date=later")


def test_a_delivery_id_counts_where_there_is_one() -> None:
    body = urlencode({"thrivecart_secret": SECRET, "event": "order_created", "webhook_id": "6f1c-77"}).encode()

    assert verify(body) == Genuine("6f1c-77", "order_created")


def test_a_genuine_event_without_a_name_is_kept() -> None:
    found = verify(f"thrivecart_secret={SECRET}".encode())

    assert isinstance(found, Genuine)
    assert found.name == "unreadable"

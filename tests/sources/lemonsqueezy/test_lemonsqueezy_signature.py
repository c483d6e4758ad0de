"""Which of Lemon Squeezy's signatures prove an event."""

import hashlib
import hmac

import pytest

from sources.goldens import body_of
from worker.core.instant import DAY, SECOND
from worker.sources import SOURCES
from worker.sources.event import Forged, Genuine, RawEvent

BODY = body_of("lemonsqueezy", "order_created.json")
SECRET = "0123456789abcdef0123456789abcdef01234567"
AT = 1_795_373_280 * SECOND
GENUINE = Genuine(f"sha256:{hashlib.sha256(BODY).hexdigest()}", "order_created")


def signature(body: bytes = BODY, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(
    header: str | None, *, body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,), now: int = AT
) -> Genuine | Forged:
    headers = {} if header is None else {"x-signature": header}
    return SOURCES["lemonsqueezy"].verify(RawEvent(headers, body, now), secrets, now)


def test_a_signed_event_is_genuine() -> None:
    assert verify(signature()) == GENUINE


def test_a_signature_that_another_program_made() -> None:
    """By openssl: printf '{"a":1}' | openssl dgst -sha256 -hmac secret."""
    made = "aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494"
    assert isinstance(verify(made, body=b'{"a":1}', secrets=("secret",)), Genuine)


def test_while_a_secret_is_changed_both_are_in_force() -> None:
    assert verify(signature(), secrets=("", "the-next-one", SECRET)) == GENUINE


def test_no_time_is_told_so_a_replay_is_the_same_event_however_old() -> None:
    assert verify(signature(), now=AT + 400 * DAY) == GENUINE


@pytest.mark.parametrize("at", [0, len(BODY) // 2, len(BODY) - 1])
def test_one_changed_byte_is_forged(at: int) -> None:
    changed = BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :]

    assert isinstance(verify(signature(), body=changed), Forged)


@pytest.mark.parametrize("secrets", [(), ("",), ("another",), (SECRET[:-1],)])
def test_without_the_right_secret_nothing_is_genuine(secrets: tuple[str, ...]) -> None:
    assert isinstance(verify(signature(), secrets=secrets), Forged)


def test_an_empty_secret_proves_nothing() -> None:
    assert isinstance(verify(signature(secret=""), secrets=("",)), Forged)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "0" * 64, signature()[:-1], signature() + "0", signature().upper(), f"{signature()} ",
        f"{signature()},{signature()}", f"sha256={signature()}", "é" * 64, "9" * 5000,
    ],
)  # fmt: skip
def test_another_header_is_forged(header: str | None) -> None:
    assert isinstance(verify(header), Forged)


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"meta": {"event_name": {}}}', b"[" * 100_000])
def test_what_is_signed_is_kept_even_where_it_makes_no_sense(body: bytes) -> None:
    found = verify(signature(body), body=body)

    assert isinstance(found, Genuine)
    assert (found.name, found.event_id) == ("unreadable", f"sha256:{hashlib.sha256(body).hexdigest()}")


def test_a_reason_never_holds_the_secret_or_a_signature() -> None:
    for header in (None, "1", "0" * 64):
        found = verify(header)
        assert isinstance(found, Forged)
        assert SECRET not in found.reason
        assert signature() not in found.reason

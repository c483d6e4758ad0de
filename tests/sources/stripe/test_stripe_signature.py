"""Which of Stripe's signatures prove an event."""

import hashlib
import hmac

import pytest

from sources.goldens import body_of
from worker.core.instant import SECOND
from worker.sources import SOURCES
from worker.sources.event import Forged, Genuine, RawEvent

BODY = body_of("stripe", "invoice.paid.json")
SECRET = "whsec_0123456789abcdefghijklmnopqrstuv"
OLD_SECRET = "whsec_old"
AT = 1_795_373_280
GENUINE = Genuine("evt_1SVinvoicepaid", "invoice.paid")


def signature(body: bytes = BODY, secret: str = SECRET, at: int | str = AT) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def verify(header: str | None, *, body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,), now: float = AT) -> object:
    headers = {} if header is None else {"stripe-signature": header}
    raw = RawEvent(headers, body, received_at=int(now * SECOND))
    return SOURCES["stripe"].verify(raw, secrets, int(now * SECOND))


def test_a_signed_event_is_genuine() -> None:
    assert verify(f"t={AT},v1={signature()}") == GENUINE


def test_stripe_sends_an_older_scheme_beside_it() -> None:
    assert verify(f"t={AT},v1={signature()},v0={'6' * 64}") == GENUINE


@pytest.mark.parametrize("order", [(SECRET, OLD_SECRET), (OLD_SECRET, SECRET)])
def test_while_a_secret_is_rotated_one_of_several_signatures_is_enough(order: tuple[str, str]) -> None:
    header = ",".join([f"t={AT}", *(f"v1={signature(secret=secret)}" for secret in order)])

    assert verify(header) == GENUINE
    assert verify(header, secrets=(OLD_SECRET,)) == GENUINE


def test_several_secrets_in_force() -> None:
    assert verify(f"t={AT},v1={signature(secret=OLD_SECRET)}", secrets=("", SECRET, OLD_SECRET)) == GENUINE


@pytest.mark.parametrize("off", [-300, 300, 0, 299.999999])
def test_up_to_300_seconds_off_is_genuine(off: float) -> None:
    assert verify(f"t={AT},v1={signature()}", now=AT + off) == GENUINE


@pytest.mark.parametrize("off", [-300.000001, 300.000001, 86_400, -86_400])
def test_further_off_is_a_replay(off: float) -> None:
    found = verify(f"t={AT},v1={signature()}", now=AT + off)

    assert isinstance(found, Forged)
    assert "300 seconds" in found.reason


def test_a_replay_with_a_new_time_is_forged() -> None:
    assert isinstance(verify(f"t={AT + 1000},v1={signature()}", now=AT + 1000), Forged)


@pytest.mark.parametrize("at", [0, len(BODY) // 2, len(BODY) - 1])
def test_one_changed_byte_is_forged(at: int) -> None:
    changed = BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :]

    assert isinstance(verify(f"t={AT},v1={signature()}", body=changed), Forged)


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_other",), (SECRET[:-1],)])
def test_without_the_right_secret_nothing_is_genuine(secrets: tuple[str, ...]) -> None:
    assert isinstance(verify(f"t={AT},v1={signature()}", secrets=secrets), Forged)


def test_an_empty_secret_proves_nothing() -> None:
    assert isinstance(verify(f"t={AT},v1={signature(secret='')}", secrets=("",)), Forged)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "t",
        f"t={AT}",
        f"v1={signature()}",
        f"t={AT};v1={signature()}",
        f"t={AT},v1=",
        f"t={AT},v1={signature()[:-1]}",
        f"t={AT},v1={signature().upper()}",
        f"t={AT},v1={signature()} ",
        f"t={AT},v0={signature()}",
        f"t={AT}.0,v1={signature(at=f'{AT}.0')}",
        f"t=-{AT},v1={signature(at=f'-{AT}')}",
        f"t=,v1={signature(at='')}",
        f"t=١٧٩,v1={signature(at='١٧٩')}",
        f"t={AT},t={AT},v1={signature()}",
        f"t={AT}" + f",v1={signature()}" * 21,
        f"t={'9' * 5000},v1={signature()}",
    ],
)
def test_a_malformed_header_is_forged(header: str | None) -> None:
    assert isinstance(verify(header), Forged)


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b'{"id": 7.5, "type": {}}', b'{"id": "\xc3\xa9"}', b"[" * 100_000]
)
def test_what_is_signed_is_kept_even_where_it_makes_no_sense(body: bytes) -> None:
    found = verify(f"t={AT},v1={signature(body)}", body=body)

    assert isinstance(found, Genuine)
    assert found.name == "unreadable"
    assert found.event_id


def test_a_reason_never_holds_the_secret_or_a_signature() -> None:
    for header in (None, "t=1", f"t={AT},v1={'0' * 64}", f"t={AT - 999},v1={signature(at=AT - 999)}"):
        found = verify(header)
        assert isinstance(found, Forged)
        assert SECRET not in found.reason
        assert signature() not in found.reason

"""Which of Paddle's signatures prove an event."""

import hashlib
import hmac

import pytest

from sources.goldens import body_of
from worker.core.instant import SECOND
from worker.sources import SOURCES
from worker.sources.event import Forged, Genuine, RawEvent

BODY = body_of("paddle", "transaction.completed.json")
SECRET = "pdl_ntfset_01kc000000000000000000001_0123456789abcdefghijklmnopqrstuv"
OLD_SECRET = "pdl_ntfset_old"
AT = 1_795_373_280
GENUINE = Genuine("evt_01kc0000000000000000000001", "transaction.completed")


def signature(body: bytes = BODY, secret: str = SECRET, at: int | str = AT) -> str:
    return hmac.new(secret.encode(), f"{at}:".encode() + body, hashlib.sha256).hexdigest()


def verify(header: str | None, *, body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,), now: float = AT) -> object:
    headers = {} if header is None else {"paddle-signature": header}
    raw = RawEvent(headers, body, received_at=int(now * SECOND))
    return SOURCES["paddle"].verify(raw, secrets, int(now * SECOND))


def test_a_signed_event_is_genuine() -> None:
    assert verify(f"ts={AT};h1={signature()}") == GENUINE


def test_paddles_own_vector() -> None:
    """Of the tests of its SDK for Python, version 1: several signatures, one of which is no signature at all."""
    header = "ts=1696195954;h1=dummy;h1=d96299976a6eb066f484d7fde011ac56fc32b38fc9940bc419d6e537fdc6ef02"
    prefix = "pdl_ntf_01hbpjmytsa32fhr36nqgc3kgb_"
    secrets = tuple(
        prefix + end
        for end in (
            "TjIG2BXbm83HPXqNfziwe506sBEdqL/4",
            "vB/yIOnTOCWIvpBadM5jzBZPHc7OmdSo",
            "WvRO0eL4Bj9rgYYIBZY6wZhG4EHy9jzh",
        )
    )
    assert isinstance(verify(header, body=b"hello-world", secrets=secrets, now=1696195954), Genuine)
    assert isinstance(verify(header, body=b"hello-world", secrets=secrets[:2], now=1696195954), Forged)


@pytest.mark.parametrize("order", [(SECRET, OLD_SECRET), (OLD_SECRET, SECRET)])
def test_while_a_secret_is_rotated_one_of_several_signatures_is_enough(order: tuple[str, str]) -> None:
    header = ";".join([f"ts={AT}", *(f"h1={signature(secret=secret)}" for secret in order)])

    assert verify(header) == GENUINE
    assert verify(header, secrets=(OLD_SECRET,)) == GENUINE


def test_several_secrets_in_force() -> None:
    assert verify(f"ts={AT};h1={signature(secret=OLD_SECRET)}", secrets=("", SECRET, OLD_SECRET)) == GENUINE


@pytest.mark.parametrize("off", [-300, 300, 0, 299.999999])
def test_up_to_300_seconds_off_is_genuine(off: float) -> None:
    assert verify(f"ts={AT};h1={signature()}", now=AT + off) == GENUINE


@pytest.mark.parametrize("off", [-300.000001, 300.000001, 86_400, -86_400])
def test_further_off_is_a_replay(off: float) -> None:
    found = verify(f"ts={AT};h1={signature()}", now=AT + off)

    assert isinstance(found, Forged)
    assert "300 seconds" in found.reason


def test_a_replay_with_a_new_time_is_forged() -> None:
    assert isinstance(verify(f"ts={AT + 1000};h1={signature()}", now=AT + 1000), Forged)


@pytest.mark.parametrize("at", [0, len(BODY) // 2, len(BODY) - 1])
def test_one_changed_byte_is_forged(at: int) -> None:
    changed = BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :]

    assert isinstance(verify(f"ts={AT};h1={signature()}", body=changed), Forged)


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_other",), (SECRET[:-1],)])
def test_without_the_right_secret_nothing_is_genuine(secrets: tuple[str, ...]) -> None:
    assert isinstance(verify(f"ts={AT};h1={signature()}", secrets=secrets), Forged)


def test_an_empty_secret_proves_nothing() -> None:
    assert isinstance(verify(f"ts={AT};h1={signature(secret='')}", secrets=("",)), Forged)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "ts",
        f"ts={AT}",
        f"h1={signature()}",
        f"ts={AT},h1={signature()}",
        f"ts={AT};h1=",
        f"ts={AT};h1={signature()[:-1]}",
        f"ts={AT};h1={signature().upper()}",
        f"ts={AT};h0={signature()}",
        f"ts={AT}.0;h1={signature(at=f'{AT}.0')}",
        f"ts=-{AT};h1={signature(at=f'-{AT}')}",
        f"ts=;h1={signature(at='')}",
        f"ts=١٧٩;h1={signature(at='١٧٩')}",
        f"ts={AT};ts={AT};h1={signature()}",
        f"ts={AT}" + f";h1={signature()}" * 21,
        f"ts={'9' * 5000};h1={signature()}",
    ],
)
def test_a_malformed_header_is_forged(header: str | None) -> None:
    assert isinstance(verify(header), Forged)


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b'{"event_id": 7.5, "event_type": {}}', b'{"event_id": "\xc3\xa9"}', b"[" * 100_000],
)
def test_what_is_signed_is_kept_even_where_it_makes_no_sense(body: bytes) -> None:
    found = verify(f"ts={AT};h1={signature(body)}", body=body)

    assert isinstance(found, Genuine)
    assert found.name == "unreadable"
    assert found.event_id


def test_a_reason_never_holds_the_secret_or_a_signature() -> None:
    for header in (None, "ts=1", f"ts={AT};h1={'0' * 64}", f"ts={AT - 999};h1={signature(at=AT - 999)}"):
        found = verify(header)
        assert isinstance(found, Forged)
        assert SECRET not in found.reason
        assert signature() not in found.reason

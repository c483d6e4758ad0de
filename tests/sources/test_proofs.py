"""Every provider's proof is held to the same demands: right and wrong keys, times, signatures and bytes."""

import hashlib

import pytest

from sources.proving import AT, PROVERS, Headers, Prover
from worker.sources import SOURCES
from worker.sources.event import Forged, Genuine
from worker.sources.proof import UNREADABLE, identity

EACH = pytest.mark.parametrize("prover", PROVERS.values(), ids=PROVERS)


def _where(wanted: bool) -> pytest.MarkDecorator:
    found = [each for each in PROVERS.values() if (each.tolerance is not None) == wanted]
    return pytest.mark.parametrize("prover", found, ids=[each.kind for each in found])


def of(prover: Prover, secret: str | None = None, at: int = AT) -> tuple[Headers, bytes]:
    """An event as the owner of that secret sends it."""
    key = prover.secret if secret is None else secret
    body = prover.proven_body(key)
    return prover.headers(body, key, at), body


def test_no_source_is_left_out() -> None:
    assert set(PROVERS) == set(SOURCES)


@EACH
def test_the_right_key_proves_beside_others(prover: Prover) -> None:
    for secrets in ((prover.secret,), (prover.another, prover.secret), ("", prover.secret, prover.another)):
        assert isinstance(prover.verify(*of(prover), secrets), Genuine)


@EACH
def test_a_wrong_key_and_none_prove_nothing(prover: Prover) -> None:
    for secrets in ((), ("",), (prover.another,), (prover.secret[:-1],), (prover.secret + "x",), ("é\u202e",)):
        found = prover.verify(*of(prover), secrets)
        assert isinstance(found, Forged), secrets
        assert prover.secret not in found.reason
    assert isinstance(prover.verify(*of(prover, prover.another), (prover.secret,)), Forged)


@EACH
def test_an_altered_byte_is_found(prover: Prover) -> None:
    headers, body = of(prover)
    place = body.index(prover.secret.encode()) if prover.in_body else len(body) // 2
    for at in (place, place + 1):
        altered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert isinstance(prover.verify(headers, altered, (prover.secret,)), Forged)
    if not prover.in_body:
        assert isinstance(prover.verify(headers, body + b" ", (prover.secret,)), Forged)
        assert isinstance(prover.verify(headers, b"", (prover.secret,)), Forged)


@_where(True)
def test_a_time_counts_up_to_its_limit_either_way(prover: Prover) -> None:
    assert prover.tolerance is not None
    old, ahead = prover.tolerance
    for seconds, kind in ((old, Genuine), (old + 1, Forged), (-ahead, Genuine), (-ahead - 1, Forged)):
        assert isinstance(prover.verify(*of(prover), (prover.secret,), AT + seconds), kind), seconds


@_where(False)
def test_what_has_no_time_is_known_again_by_its_bytes(prover: Prover) -> None:
    ids = set()
    for at in (AT, AT + 86_400):
        found = prover.verify(*of(prover), (prover.secret,), at)
        assert isinstance(found, Genuine)
        ids.add(found.event_id)
    assert len(ids) == 1


@EACH
def test_one_good_signature_among_others_is_enough(prover: Prover) -> None:
    if prover.among_others is None:
        return
    headers, body = of(prover)
    several = prover.among_others(headers)
    assert several != headers
    assert isinstance(prover.verify(several, body, (prover.secret,)), Genuine)
    assert isinstance(prover.verify(several, body, (prover.another,)), Forged)


@EACH
def test_each_header_is_needed_and_none_may_be_spelled_otherwise(prover: Prover) -> None:
    headers, body = of(prover)
    for name in headers.keys() - {"content-type"}:
        without = {key: value for key, value in headers.items() if key != name}
        for wrong in (without, *({**headers, name: value} for value in ("", "x", "é\udc80", "0" * 5_000))):
            assert isinstance(prover.verify(wrong, body, (prover.secret,)), Forged), name
    for name in (each for each in headers if "sig" in each):
        assert isinstance(prover.verify({**headers, name: headers[name].swapcase()}, body, (prover.secret,)), Forged)


@pytest.mark.parametrize(
    ("body", "event_id", "name"),
    [
        (
            b'{"id": "evt_1", "type": "invoice.paid", "data": [1.5, {"id": "evt_2", "type": "other"}]}',
            "evt_1",
            "invoice.paid",
        ),
        (b'{"type": "a", "id": "evt_1", "type": "b", "id": "evt_2"}', "evt_2", "b"),
        (b'{"id": "\\u0065vt_1", "type": "  invoice.paid "}', "evt_1", "invoice.paid"),
        (b'{"id": 17, "type": null}', "17", UNREADABLE),
        (b'{"id": {"id": "evt_1"}, "type": ["a"]}', "evt_1", UNREADABLE),
        (b'{"id": "", "type": "\\ud800"}', None, UNREADABLE),
        (b'{"id": "' + b"x" * 201 + b'", "type": "a\\nb"}', None, UNREADABLE),
        (b'{"id": "evt_1", "type": "a"', None, UNREADABLE),
        (b'{"id": "evt_1", "type": "a", "rest": ' + b"[" * 3_000 + b"]" * 3_000 + b"}", None, UNREADABLE),
        (b'{"id": "evt_1", "type": "\xff"}', None, UNREADABLE),
        (b'["evt_1"]', None, UNREADABLE),
        (b"", None, UNREADABLE),
    ],
)
def test_an_event_is_called_what_it_says_or_after_its_bytes(body: bytes, event_id: str | None, name: str) -> None:
    called = identity(body, "id", "type")
    assert called == Genuine(event_id or f"sha256:{hashlib.sha256(body).hexdigest()}", name)

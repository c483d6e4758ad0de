"""Standard Webhooks: the specification's own vectors, and every way in which a message can be wrong."""

import pytest

from worker.core.instant import SECOND
from worker.core.raw_event import Forged, RawEvent
from worker.core.standard_webhooks import ID, SIGNATURE, TIMESTAMP, key_of, sign, signed_headers, verify, wrong_secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "QUJD" * 8
MESSAGE, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""The vector that the reference libraries of all languages share."""
FOREIGN = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
GOOD = {ID: MESSAGE, TIMESTAMP: str(AT), SIGNATURE: SIGNED}


def reason(headers: dict[str, str], body: bytes = BODY, now: int = AT, secrets: tuple[str, ...] = (SECRET,)) -> str:
    found = verify(RawEvent(headers, body, now * SECOND), secrets, now * SECOND)
    return found.reason if isinstance(found, Forged) else ""


def test_the_shared_vector() -> None:
    assert sign(SECRET, MESSAGE, AT, BODY) == SIGNED
    assert sign(SECRET.removeprefix("whsec_"), MESSAGE, AT, BODY) == SIGNED
    assert reason(GOOD) == ""


def test_what_is_signed_here_is_proven_here_while_secrets_are_exchanged() -> None:
    headers = signed_headers((OTHER, SECRET), "msg_1", AT, BODY)
    assert headers[SIGNATURE].count("v1,") == 2
    assert reason(headers) == reason(headers, secrets=(OTHER,)) == reason(headers, secrets=("", "no key", OTHER)) == ""


def test_one_good_signature_among_others_is_enough() -> None:
    told = f"{FOREIGN} v2,{SIGNED.removeprefix('v1,')} v1a,abc {SIGNED} {FOREIGN}"
    assert reason({**GOOD, SIGNATURE: told}) == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({ID: None}, "webhook-id is missing"),
        ({TIMESTAMP: None}, "webhook-timestamp is missing"),
        ({SIGNATURE: None}, "webhook-signature is missing"),
        ({ID: "msg_other"}, "no signature matches"),
        ({ID: "msg.1"}, "webhook-id is malformed"),
        ({ID: ""}, "webhook-id is malformed"),
        ({ID: "msg_é"}, "webhook-id is malformed"),
        ({ID: "m" * 256}, "webhook-id is malformed"),
        ({TIMESTAMP: "hello"}, "no time"),
        ({TIMESTAMP: "1614265330.0"}, "no time"),
        ({TIMESTAMP: "-1"}, "no time"),
        ({TIMESTAMP: "９"}, "no time"),
        ({TIMESTAMP: "9" * 4000}, "no time"),
        ({TIMESTAMP: str(AT + 1)}, "no signature matches"),
        ({SIGNATURE: FOREIGN}, "no signature matches"),
        ({SIGNATURE: SIGNED.replace("v1,", "v2,")}, "holds no signature"),
        ({SIGNATURE: SIGNED.replace("v1,", "v1a,")}, "holds no signature"),
        ({SIGNATURE: SIGNED.removeprefix("v1,")}, "holds no signature"),
        ({SIGNATURE: SIGNED[:8]}, "no signature matches"),
        ({SIGNATURE: "v1,"}, "holds no signature"),
        ({SIGNATURE: ""}, "holds no signature"),
        ({SIGNATURE: "v1,\udc80é"}, "holds no signature"),
        ({SIGNATURE: " ".join([SIGNED] * 21)}, "holds no signature"),
        ({SIGNATURE: SIGNED.lower()}, "no signature matches"),
    ],
)
def test_a_wrong_header_proves_nothing(change: dict[str, str | None], why: str) -> None:
    headers = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    assert why in reason(headers)


def test_an_altered_byte_and_another_key_prove_nothing() -> None:
    assert "no signature matches" in reason(GOOD, BODY.replace(b"4", b"5", 1))
    assert "no signature matches" in reason(GOOD, secrets=(OTHER,))


def test_secrets_that_spell_no_key_are_named() -> None:
    assert "none of the secrets" in reason(GOOD, secrets=()) == reason(GOOD, secrets=("my secret", ""))


@pytest.mark.parametrize("lies", [-1, 1])
def test_a_message_is_good_for_five_minutes_either_way(lies: int) -> None:
    assert reason(GOOD, now=AT + lies * 300) == ""
    assert "300 seconds" in reason(GOOD, now=AT + lies * 301)


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (SECRET, None),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None),
        ("whsec_" + "QUJD" * 21 + "QQ", None),  # a key of 64 bytes, its padding left out
        ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", None),
        ("", "base64"),
        ("whsec_", "base64"),
        ("whsec_not base64", "base64"),
        ("whsec_A", "base64"),
        ("whpk_abc", "base64"),
        ("whsec_QUJD", "3 bytes"),
    ],
)
def test_a_secret_says_what_is_wrong_with_it(secret: str, why: str | None) -> None:
    said = wrong_secret(secret)
    assert (said is None) if why is None else (why in (said or ""))


def test_a_secret_that_spells_no_key_signs_nothing() -> None:
    assert key_of("whsec_A") is None
    with pytest.raises(ValueError, match="base64"):
        sign("whsec_A", MESSAGE, AT, BODY)

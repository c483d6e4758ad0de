"""Envelope senders that name their delivery."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.clock import new_id
from worker.core.bounce import Delivery
from worker.mail.envelope import LONGEST_LOCAL_PART, MOST_ATTEMPTS, bounce_envelope, read_bounce_envelope
from worker.settings.checks import LONGEST_BOUNCE_LOCAL

BASE = "bounces@shop.example"
KEY = b"k" * 32
FIRST = Delivery("d-1", 1)
OLD = "bounces+d-1-rji76al5cvjcmagv@shop.example"
"""As addresses were made before each attempt had its own."""
IDS = st.from_regex(r"[a-z0-9]{1,20}(-[a-z0-9]{1,10}){0,1}", fullmatch=True)


def test_our_own_ids_fit() -> None:
    delivery = Delivery(new_id(), MOST_ATTEMPTS)
    address = bounce_envelope(BASE, delivery, KEY)
    assert address.startswith(f"bounces+{delivery.mail}-{delivery.attempt}-")
    assert address.endswith("@shop.example")
    assert len(address.rpartition("@")[0]) <= LONGEST_LOCAL_PART
    assert read_bounce_envelope(address, BASE, KEY) == delivery


def test_the_longest_base_that_the_settings_allow_fits() -> None:
    delivery = Delivery(new_id(), MOST_ATTEMPTS)
    assert bounce_envelope("b" * LONGEST_BOUNCE_LOCAL + "@shop.example", delivery, KEY)
    with pytest.raises(ValueError, match="1 characters too long"):
        bounce_envelope("b" * (LONGEST_BOUNCE_LOCAL + 1) + "@shop.example", delivery, KEY)


@settings(max_examples=100)
@given(
    IDS,
    st.integers(1, MOST_ATTEMPTS),
    st.binary(min_size=1, max_size=64),
    st.sampled_from(["bounces@shop.example", "A+b@X.example", "b@x"]),
)
def test_a_bounce_names_its_attempt_whatever_happened_to_its_case(
    mail: str, attempt: int, key: bytes, base: str
) -> None:
    delivery = Delivery(mail, attempt)
    address = bounce_envelope(base, delivery, key)
    for seen in (address, address.upper(), address.lower(), f"<{address}>", f" {address}\r\n"):
        assert read_bounce_envelope(seen, base, key) == delivery


def test_the_mac_depends_on_id_attempt_and_key() -> None:
    address = bounce_envelope(BASE, FIRST, KEY)
    assert read_bounce_envelope(address, BASE, b"other") is None
    assert read_bounce_envelope(address.replace("d-1-1", "d-2-1"), BASE, KEY) is None
    assert read_bounce_envelope(address.replace("d-1-1", "d-1-2"), BASE, KEY) is None
    assert read_bounce_envelope(address.replace("d-1-1", "d-1"), BASE, KEY) is None
    assert bounce_envelope(BASE, FIRST, KEY) == address
    assert bounce_envelope(BASE, Delivery("d-1", 2), KEY) != address


def test_an_address_of_before_names_its_mail_alone() -> None:
    assert read_bounce_envelope(OLD, BASE, KEY) == Delivery("d-1")
    assert read_bounce_envelope(OLD.replace("d-1", "d"), BASE, KEY) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "<>",
        "@",
        "bounces@shop.example",
        "bounces+@shop.example",
        "bounces+d-1@shop.example",
        "bounces+d-1-@shop.example",
        "bounces+d-1-aaaaaaaaaaaaaaaa@shop.example",
        "bounces+d-1-äöü\ud800@shop.example",
        "bounces+-aaaaaaaaaaaaaaaa@shop.example",
        "someone@else.example",
    ],
)
def test_what_we_never_wrote_is_nobodys_bounce(address: str) -> None:
    assert read_bounce_envelope(address, BASE, KEY) is None


def test_a_genuine_local_part_at_another_domain_is_not_ours() -> None:
    address = bounce_envelope(BASE, FIRST, KEY)
    assert read_bounce_envelope(address.replace("shop.example", "evil.example"), BASE, KEY) is None
    assert read_bounce_envelope("x" + address, BASE, KEY) is None


@pytest.mark.parametrize("mail", ["", "Upper", "a b", "a@b", "-a", "a-", "a--b", "ä", "a\r\nb", "a" * 60])
def test_an_id_that_would_not_come_back_is_refused(mail: str) -> None:
    with pytest.raises(ValueError, match=r"mail's id|too long"):
        bounce_envelope(BASE, Delivery(mail, 1), KEY)


@pytest.mark.parametrize("attempt", [None, 0, -1, MOST_ATTEMPTS + 1])
def test_an_attempt_that_would_not_come_back_is_refused(attempt: int | None) -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        bounce_envelope(BASE, Delivery("d-1", attempt), KEY)


@pytest.mark.parametrize("base", ["", "bounces", "@shop.example", "bounces@"])
def test_a_base_without_two_halves_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="local@domain"):
        bounce_envelope(base, FIRST, KEY)

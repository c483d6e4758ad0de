"""Envelope senders that name their delivery."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.clock import new_id
from worker.mail.envelope import LONGEST_LOCAL_PART, bounce_envelope, read_bounce_envelope

BASE = "bounces@shop.example"
KEY = b"k" * 32
IDS = st.from_regex(r"[a-z0-9]{1,20}(-[a-z0-9]{1,10}){0,1}", fullmatch=True)


def test_our_own_ids_fit() -> None:
    delivery = new_id().lower()
    address = bounce_envelope(BASE, delivery, KEY)
    assert address.startswith(f"bounces+{delivery}-")
    assert address.endswith("@shop.example")
    assert len(address.rpartition("@")[0]) <= LONGEST_LOCAL_PART
    assert read_bounce_envelope(address, BASE, KEY) == delivery


@settings(max_examples=100)
@given(IDS, st.binary(min_size=1, max_size=64), st.sampled_from(["bounces@shop.example", "A+b@X.example", "b@x"]))
def test_a_bounce_names_its_delivery_whatever_happened_to_its_case(delivery: str, key: bytes, base: str) -> None:
    address = bounce_envelope(base, delivery, key)
    for seen in (address, address.upper(), address.lower(), f"<{address}>", f" {address}\r\n"):
        assert read_bounce_envelope(seen, base, key) == delivery


def test_the_mac_depends_on_id_and_key() -> None:
    address = bounce_envelope(BASE, "d-1", KEY)
    assert read_bounce_envelope(address, BASE, b"other") is None
    assert read_bounce_envelope(address.replace("d-1", "d-2"), BASE, KEY) is None
    assert bounce_envelope(BASE, "d-1", KEY) == address


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
    address = bounce_envelope(BASE, "d-1", KEY)
    assert read_bounce_envelope(address.replace("shop.example", "evil.example"), BASE, KEY) is None
    assert read_bounce_envelope("x" + address, BASE, KEY) is None


@pytest.mark.parametrize("delivery", ["", "Upper", "a b", "a@b", "-a", "a-", "a--b", "ä", "a\r\nb", "a" * 60])
def test_an_id_that_would_not_come_back_is_refused(delivery: str) -> None:
    with pytest.raises(ValueError, match=r"delivery id|too long"):
        bounce_envelope(BASE, delivery, KEY)


@pytest.mark.parametrize("base", ["", "bounces", "@shop.example", "bounces@"])
def test_a_base_without_two_halves_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="local@domain"):
        bounce_envelope(base, "d-1", KEY)

"""Which of Gumroad's events are proven, by what, and under which id they are kept."""

import pytest

from sources.goldens import body_of
from worker.settings import SettingsError, load_settings
from worker.sources import SOURCES
from worker.sources.event import Forged, Genuine, RawEvent
from worker.wiring.sources import provable_sources_of

SELLER = "kL0psVL2admJSYRNs-OCMg=="
SALE = body_of("gumroad", "sale.form")
OF_SUBSCRIPTIONS = [
    "cancellation.form",
    "subscription_ended.form",
    "subscription_restarted.form",
    "subscription_updated.form",
]


def verify(body: bytes, secrets: tuple[str, ...] = (SELLER,)) -> Genuine | Forged:
    return SOURCES["gumroad"].verify(RawEvent({}, body, 0), secrets, 0)


@pytest.mark.parametrize("secrets", [(SELLER,), ("other", SELLER), ("", SELLER)])
@pytest.mark.parametrize("name", ["sale.form", "sale.as_json.json", "refund.form", "dispute.form", "dispute_won.form"])
def test_the_seller_id_proves_what_carries_one(name: str, secrets: tuple[str, ...]) -> None:
    found = verify(body_of("gumroad", name), secrets)

    assert isinstance(found, Genuine)
    assert found.event_id.startswith(f"{found.name}:FO8TXN-dbxYaBdahG97Y-Q==:")


@pytest.mark.parametrize("secrets", [(), ("",), ("other",), (SELLER.lower(),), (SELLER + "=",), (SELLER[:-1],)])
def test_another_seller_id_proves_nothing(secrets: tuple[str, ...]) -> None:
    found = verify(SALE, secrets)

    assert isinstance(found, Forged)
    assert SELLER not in found.reason


@pytest.mark.parametrize("name", OF_SUBSCRIPTIONS)
def test_events_of_subscriptions_have_no_seller_and_are_proven_by_their_address(name: str) -> None:
    found = verify(body_of("gumroad", name))

    assert isinstance(found, Genuine)
    assert found.event_id.startswith(f"{found.name}:GDzW4_aBdQc-o7Gbjng7lw==:")


def test_a_seller_id_in_an_event_of_a_subscription_must_be_ours() -> None:
    assert isinstance(verify(body_of("gumroad", "cancellation.form") + b"&seller_id=theirs"), Forged)


def test_no_money_is_proven_by_the_address_alone() -> None:
    for name in ("sale", "refund", "dispute", "payout", ""):
        assert isinstance(verify(f"resource_name={name}&sale_id=1&price=100".encode()), Forged)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"seller_id": true}', b"seller_id[]=x", b"[" * 100_000]
)
def test_a_body_that_makes_no_sense_is_forged(body: bytes) -> None:
    assert isinstance(verify(body), Forged)


def test_what_is_wrongly_encoded_is_kept_for_a_person() -> None:
    assert isinstance(verify(body_of("gumroad", "wrong.windows_1252.form")), Genuine)


def test_what_is_sent_again_is_one_event_and_what_differs_another() -> None:
    assert verify(SALE) == verify(SALE)
    assert verify(SALE) != verify(SALE.replace(b"Ada", b"Eve"))


def test_without_a_secret_path_nothing_starts() -> None:
    values = {"LETTERKEY_SOURCES__GUMROAD__SECRETS": SELLER}
    with pytest.raises(SettingsError, match="needs a path_secret"):
        provable_sources_of(load_settings(None, values))

    known = provable_sources_of(load_settings(None, {**values, "LETTERKEY_SOURCES__GUMROAD__PATH_SECRET": "long"}))

    assert set(known) == {"gumroad"}

"""What Lemon Squeezy is asked to do: each verb against a small one, and what each of its answers means."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.asking import AT, change_of, end_of, told
from support.lemonsqueezy_api import KEY, PERIOD_ENDS, LemonSqueezyApi, running_lemonsqueezy_api
from worker.core.following import Followed
from worker.core.instant import parse
from worker.core.provider_action import Capabilities, Verb
from worker.core.transaction import Address, Customer, Kind, Subscription
from worker.core.web_call import Answer
from worker.net.web_call import calling
from worker.sources import ACTINGS, LOOKUPS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Asked, Done, Page, Replied, Returned, Then

LEMON = ACTINGS["lemonsqueezy"]
CHANGES = (Verb.CANCEL_AT_PERIOD_END, Verb.UNDO_CANCEL, Verb.PAUSE, Verb.RESUME)
ADA = Customer(name="Ada L.", email="ada@example.org", address=Address(line1="2 Low St", city="York", country="GB"))
ENDING: dict[str, Any] = {"status": "cancelled", "cancelled": True, "ends_at": PERIOD_ENDS}
EXPIRED: dict[str, Any] = {**ENDING, "status": "expired"}


@pytest.fixture
async def api() -> AsyncIterator[LemonSqueezyApi]:
    async with running_lemonsqueezy_api() as server:
        server.customer()
        yield server


async def act(api: LemonSqueezyApi, asked: Asked, key: str = KEY) -> Replied:
    return await end_of(LEMON, Account(key, api.url), asked)


def of(verb: Verb, subscription: str | None = "301", **more: Any) -> Asked:
    return replace(Asked(verb, "key-1", subscription), **more)


def plan(replied: Replied) -> Subscription:
    assert told(replied).customer.ref == "77"
    return change_of(replied, "301")


def asked_for(api: LemonSqueezyApi) -> list[tuple[str, str, Any]]:
    changes = [seen for seen in api.seen if seen.method != "GET"]
    return [(seen.method, seen.path, seen.body and seen.body["data"]) for seen in changes]


def document(attributes: object, kind: str = "subscriptions", ref: str = "301") -> dict[str, object]:
    return {"type": kind, "id": ref, "attributes": attributes}


async def test_cancel_at_the_end_of_the_period(api: LemonSqueezyApi) -> None:
    api.subscription()
    ending = plan(await act(api, of(Verb.CANCEL_AT_PERIOD_END)))
    assert (ending.status, ending.cancel_at) == ("active", parse(PERIOD_ENDS))
    assert asked_for(api) == [("DELETE", "/v1/subscriptions/301", None)]


async def test_take_a_cancellation_back(api: LemonSqueezyApi) -> None:
    api.subscription(**ENDING)
    again = plan(await act(api, of(Verb.UNDO_CANCEL)))
    assert (again.status, again.cancel_at) == ("active", None)
    assert asked_for(api) == [("PATCH", "/v1/subscriptions/301", document({"cancelled": False}))]


async def test_pause_and_resume(api: LemonSqueezyApi) -> None:
    api.subscription()
    assert plan(await act(api, of(Verb.PAUSE))).status == "paused"
    assert plan(await act(api, of(Verb.RESUME))).status == "active"
    assert [body for _, _, body in asked_for(api)] == [document({"pause": {"mode": "void"}}), document({"pause": None})]


@pytest.mark.parametrize("verb", CHANGES)
async def test_the_same_again_changes_nothing_and_tells_the_same(api: LemonSqueezyApi, verb: Verb) -> None:
    api.subscription(**(ENDING if verb is Verb.UNDO_CANCEL else {}))
    first, changes = await act(api, of(verb)), len(asked_for(api))
    assert await act(api, of(verb)) == first
    assert len(asked_for(api)) == changes


@pytest.mark.parametrize("verb", [Verb.CANCEL_AT_PERIOD_END, Verb.CANCEL_NOW])
async def test_what_has_ended_before_is_cancelled(api: LemonSqueezyApi, verb: Verb) -> None:
    api.subscription(**EXPIRED)
    assert plan(await act(api, of(verb))).status == "cancelled"
    assert asked_for(api) == []


@pytest.mark.parametrize("verb", [Verb.UNDO_CANCEL, Verb.PAUSE, Verb.RESUME])
async def test_what_has_ended_can_not_be_brought_back(api: LemonSqueezyApi, verb: Verb) -> None:
    api.subscription(**EXPIRED)
    assert await act(api, of(verb)) == Trouble(Cause.LOST, "this subscription has ended at Lemon Squeezy")


async def test_nothing_ends_at_once(api: LemonSqueezyApi) -> None:
    api.subscription()
    found = await act(api, of(Verb.CANCEL_NOW))
    assert isinstance(found, Trouble)
    assert (found.cause, "never at once" in found.reason) == (Cause.FAILED, True)


async def test_the_card_page_is_asked_for_anew(api: LemonSqueezyApi) -> None:
    api.subscription()
    page = await act(api, of(Verb.CARD_PAGE))
    assert page == Page("https://shop.example/subscription/301/payment-details?expires=1")
    api.subscription(urls={"update_payment_method": "https://shop.example/later"})
    assert await act(api, of(Verb.CARD_PAGE)) == Page("https://shop.example/later")


@pytest.mark.parametrize("customer", ["77", None])
async def test_change_a_customer(api: LemonSqueezyApi, customer: str | None) -> None:
    api.subscription()
    changed = told(await act(api, of(Verb.UPDATE_CUSTOMER, customer=customer, details=ADA)))
    assert (changed.kind, changed.customer.email) == (Kind.CUSTOMER_CHANGED, "ada@example.org")
    said = {"name": "Ada L.", "email": "ada@example.org", "city": "York", "country": "GB"}
    assert asked_for(api) == [("PATCH", "/v1/customers/77", document(said, "customers", "77"))]


@pytest.mark.parametrize("verb", [*CHANGES, Verb.CARD_PAGE])
async def test_what_it_does_not_know_is_lost(api: LemonSqueezyApi, verb: Verb) -> None:
    found = await act(api, of(verb))
    assert isinstance(found, Trouble)
    assert found.cause is Cause.LOST


@pytest.mark.parametrize("verb", [*CHANGES, Verb.UPDATE_CUSTOMER, Verb.CARD_PAGE])
async def test_a_wrong_key_and_one_without_the_right_are_denied(api: LemonSqueezyApi, verb: Verb) -> None:
    api.subscription()
    asked = of(verb, customer="77", details=ADA)
    unknown = await act(api, asked, "eyJ.another")
    api.forbidden = {"subscriptions", "customers"}
    for found in (unknown, await act(api, asked)):
        assert isinstance(found, Trouble)
        assert found.cause is Cause.DENIED
        assert KEY not in found.reason


@pytest.mark.parametrize(("status", "headers", "seconds"), [(429, {"Retry-After": "42"}, 42.0), (503, {}, None)])
async def test_a_busy_one_is_asked_later(
    api: LemonSqueezyApi, status: int, headers: dict[str, str], seconds: float | None
) -> None:
    api.subscription()
    api.trouble = [(status, headers)]
    assert await act(api, of(Verb.PAUSE)) == Trouble(Cause.LATER, f"Lemon Squeezy answers {status}", seconds)


async def test_what_is_left_as_it_was_is_not_done(api: LemonSqueezyApi) -> None:
    same = Answer(200, {}, json.dumps({"data": api.subscription()}).encode())
    found = LEMON.read(Account(KEY), of(Verb.CANCEL_AT_PERIOD_END), Returned(same, 1, AT))
    assert found == Trouble(Cause.FAILED, "Lemon Squeezy left the subscription as it was")


def test_what_can_be_done_depends_on_how_it_stands() -> None:
    def able(status: str, cancel_at: int | None = None) -> Capabilities:
        return LEMON.able(Followed("lemonsqueezy", "301", status=status, cancel_at=cancel_at))

    assert able("cancelled") == Capabilities(update_customer=True)
    assert (able("active").cancel_at_period_end, able("active").cancel_now, able("active").pause) == (True, False, True)
    assert (able("paused").pause, able("paused").resume) == (False, True)
    assert (able("active", AT).undo_cancel, able("active", AT).cancel_at_period_end) == (True, False)


async def test_who_a_customer_is(api: LemonSqueezyApi) -> None:
    async def ask(ref: str) -> Customer | Trouble:
        async with calling() as send:
            answer = await send(LOOKUPS["lemonsqueezy"].ask(Account(KEY, api.url), ref))
            assert isinstance(answer, Answer)
            return LOOKUPS["lemonsqueezy"].read(answer)

    assert await ask("77") == Customer(ref="77", email="ada@example.com", name="Ada L.", address=Address(country="GB"))
    lost = await ask("78")
    assert isinstance(lost, Trouble)
    assert lost.cause is Cause.LOST


@given(
    status=st.sampled_from([200, 404, 422, 500]),
    step=st.integers(0, 2),
    verb=st.sampled_from(list(Verb)),
    attributes=st.one_of(st.none(), st.text(max_size=5), st.dictionaries(
        st.sampled_from(["status", "customer_id", "urls", "updated_at", "email", "pause", "cancelled", "ends_at"]),
        st.one_of(st.none(), st.text(max_size=5), st.booleans(), st.just("active"), st.just("expired")))),
)  # fmt: skip
def test_whatever_comes_has_a_meaning(status: int, step: int, verb: Verb, attributes: object) -> None:
    answer = Answer(status, {}, json.dumps({"data": document(attributes)}).encode())
    replied = LEMON.read(Account(KEY), of(verb, customer="77", details=ADA), Returned(answer, step, AT))
    assert isinstance(replied, Done | Page | Then | Trouble)
    assert isinstance(LOOKUPS["lemonsqueezy"].read(answer), Customer | Trouble)

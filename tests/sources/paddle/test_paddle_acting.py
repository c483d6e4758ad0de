"""What Paddle is asked to do: each verb against a small Paddle, and what each of its answers means."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.asking import AT, change_of, end_of, told
from support.paddle_api import KEY, SANDBOX_KEY, PaddleApi, running_paddle_api
from support.paddle_entities import PERIOD_ENDS
from worker.core.following import Followed
from worker.core.instant import iso
from worker.core.provider_action import Capabilities, Verb
from worker.core.transaction import Address, Customer, Kind, Subscription
from worker.core.web_call import Answer
from worker.net.web_call import calling
from worker.sources import ACTINGS, LOOKUPS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import MOST_STEPS, Asked, Done, Page, Replied, Returned, Then

PADDLE = ACTINGS["paddle"]
CHANGES = (Verb.CANCEL_AT_PERIOD_END, Verb.CANCEL_NOW, Verb.UNDO_CANCEL, Verb.PAUSE, Verb.RESUME)
ADA = Customer(name="Ada L.", email="ada@example.org", address=Address(line1="2 Low St", city="York", country="GB"))
CANCEL = {"action": "cancel", "effective_at": PERIOD_ENDS, "resume_at": None}
PAUSE = {"action": "pause", "effective_at": PERIOD_ENDS, "resume_at": None}


@pytest.fixture
async def api() -> AsyncIterator[PaddleApi]:
    async with running_paddle_api() as server:
        server.customer()
        server.address()
        yield server


async def act(api: PaddleApi, asked: Asked, key: str = KEY) -> Replied:
    return await end_of(PADDLE, Account(key, api.url), asked)


def of(verb: Verb, subscription: str | None = "sub_1", **more: Any) -> Asked:
    return replace(Asked(verb, "key-1", subscription), **more)


def plan(replied: Replied) -> Subscription:
    assert told(replied).customer.ref == "ctm_1"
    return change_of(replied, "sub_1")


def asked_for(api: PaddleApi) -> list[tuple[str, str, Any]]:
    return [(seen.method, seen.path, seen.body) for seen in api.seen if seen.method != "GET"]


async def test_cancel_at_the_end_of_the_period(api: PaddleApi) -> None:
    api.subscription()
    ending = plan(await act(api, of(Verb.CANCEL_AT_PERIOD_END)))
    assert (ending.status, ending.cancel_at and iso(ending.cancel_at)) == ("active", PERIOD_ENDS)
    assert asked_for(api) == [("POST", "/subscriptions/sub_1/cancel", {"effective_from": "next_billing_period"})]


@pytest.mark.parametrize("scheduled", [None, CANCEL, PAUSE])
async def test_cancel_now_whatever_is_scheduled(api: PaddleApi, scheduled: object) -> None:
    api.subscription(scheduled_change=scheduled)
    assert plan(await act(api, of(Verb.CANCEL_NOW))).status == "cancelled"


async def test_an_end_takes_the_place_of_a_pause_that_was_scheduled(api: PaddleApi) -> None:
    api.subscription(scheduled_change=PAUSE)
    assert plan(await act(api, of(Verb.CANCEL_AT_PERIOD_END))).cancel_at is not None
    assert [path for _, path, _ in asked_for(api)] == [
        "/subscriptions/sub_1/cancel",
        "/subscriptions/sub_1",
        "/subscriptions/sub_1/cancel",
    ]
    assert len(api.seen) == MOST_STEPS


async def test_what_is_paused_ends_at_once_for_it_has_no_period(api: PaddleApi) -> None:
    api.subscription(status="paused", next_billed_at=None, current_billing_period=None)
    assert plan(await act(api, of(Verb.CANCEL_AT_PERIOD_END))).status == "cancelled"


async def test_take_a_cancellation_back(api: PaddleApi) -> None:
    api.subscription(scheduled_change=CANCEL)
    again = plan(await act(api, of(Verb.UNDO_CANCEL)))
    assert (again.status, again.cancel_at) == ("active", None)
    assert asked_for(api) == [("PATCH", "/subscriptions/sub_1", {"scheduled_change": None})]


async def test_pause_with_the_next_period_and_resume_before_it_begins(api: PaddleApi) -> None:
    api.subscription()
    assert plan(await act(api, of(Verb.PAUSE))).status == "paused"
    assert api.subscriptions["sub_1"]["status"] == "active"
    assert plan(await act(api, of(Verb.RESUME))).status == "active"
    assert asked_for(api)[-1] == ("PATCH", "/subscriptions/sub_1", {"scheduled_change": None})


async def test_resume_what_is_paused(api: PaddleApi) -> None:
    resuming = {"action": "resume", "effective_at": "2027-03-03T00:00:00Z", "resume_at": None}
    api.subscription(status="paused", next_billed_at=None, scheduled_change=resuming)
    assert plan(await act(api, of(Verb.RESUME))).status == "active"
    assert asked_for(api) == [("POST", "/subscriptions/sub_1/resume", {"effective_from": "immediately"})]


@pytest.mark.parametrize("verb", CHANGES)
async def test_the_same_again_changes_nothing_and_tells_the_same(api: PaddleApi, verb: Verb) -> None:
    api.subscription(scheduled_change=CANCEL if verb is Verb.UNDO_CANCEL else None)
    first = await act(api, of(verb))
    state, changes = dict(api.subscriptions["sub_1"]), len(asked_for(api))
    assert await act(api, of(verb)) == first
    assert (api.subscriptions["sub_1"], len(asked_for(api))) == (state, changes)


@pytest.mark.parametrize("verb", [Verb.CANCEL_AT_PERIOD_END, Verb.CANCEL_NOW])
async def test_what_has_ended_before_is_cancelled(api: PaddleApi, verb: Verb) -> None:
    api.subscription(status="canceled")
    assert plan(await act(api, of(verb))).status == "cancelled"
    assert asked_for(api) == []


@pytest.mark.parametrize("verb", [Verb.UNDO_CANCEL, Verb.PAUSE, Verb.RESUME])
async def test_what_has_ended_can_not_be_brought_back(api: PaddleApi, verb: Verb) -> None:
    api.subscription(status="canceled")
    assert await act(api, of(verb)) == Trouble(Cause.LOST, "this subscription has ended at Paddle")


async def test_a_sandbox_tells_tests(api: PaddleApi) -> None:
    api.subscription()
    assert told(await act(api, of(Verb.PAUSE), SANDBOX_KEY)).test
    assert not told(await act(api, of(Verb.PAUSE))).test


@pytest.mark.parametrize("customer", ["ctm_1", None])
async def test_the_card_page_is_the_customer_portal(api: PaddleApi, customer: str | None) -> None:
    api.subscription()
    page = await act(api, of(Verb.CARD_PAGE, customer=customer))
    assert page == Page(f"{api.url}/portal/ctm_1?token=pga_1&sub_1")
    assert asked_for(api) == [("POST", "/customers/ctm_1/portal-sessions", {"subscription_ids": ["sub_1"]})]


async def test_the_card_page_of_somebody_without_a_subscription(api: PaddleApi) -> None:
    assert await act(api, of(Verb.CARD_PAGE, None, customer="ctm_1")) == Page(f"{api.url}/portal/ctm_1?token=pga_1")


@pytest.mark.parametrize(("subscription", "customer"), [("sub_1", None), ("sub_1", "ctm_1"), (None, "ctm_1")])
async def test_change_a_customer_and_the_address(
    api: PaddleApi, subscription: str | None, customer: str | None
) -> None:
    api.subscription()
    asked = of(Verb.UPDATE_CUSTOMER, subscription, customer=customer, details=ADA)
    changed = told(await act(api, asked))
    assert (changed.kind, changed.customer.email) == (Kind.CUSTOMER_CHANGED, "ada@example.org")
    assert api.customers["ctm_1"]["email"] == "ada@example.org"
    kept = api.addresses["add_1"]
    assert (kept["first_line"], kept["city"], kept["postal_code"]) == ("2 Low St", "York", None)


async def test_of_several_addresses_none_is_guessed(api: PaddleApi) -> None:
    api.address("add_2")
    told(await act(api, of(Verb.UPDATE_CUSTOMER, None, customer="ctm_1", details=ADA)))
    assert [path for _, path, _ in asked_for(api)] == ["/customers/ctm_1"]


async def test_an_email_that_another_customer_has_is_refused(api: PaddleApi) -> None:
    api.customer("ctm_2", email="ada@example.org")
    found = await act(api, of(Verb.UPDATE_CUSTOMER, None, customer="ctm_1", details=ADA))
    assert isinstance(found, Trouble)
    assert found.cause is Cause.FAILED
    assert "conflicts with another customer" in found.reason


@pytest.mark.parametrize("verb", CHANGES)
async def test_what_paddle_does_not_know_is_lost(api: PaddleApi, verb: Verb) -> None:
    found = await act(api, of(verb))
    assert isinstance(found, Trouble)
    assert found.cause is Cause.LOST


@pytest.mark.parametrize("verb", [*CHANGES, Verb.UPDATE_CUSTOMER, Verb.CARD_PAGE])
async def test_a_wrong_key_and_one_without_the_right_are_denied(api: PaddleApi, verb: Verb) -> None:
    api.subscription()
    asked = of(verb, customer="ctm_1", details=ADA)
    unknown = await act(api, asked, "pdl_live_apikey_another")
    api.forbidden = {"subscriptions", "customers"}
    forbidden = await act(api, asked)
    for found in (unknown, forbidden):
        assert isinstance(found, Trouble)
        assert found.cause is Cause.DENIED
        assert KEY not in found.reason


@pytest.mark.parametrize(("status", "headers", "seconds"), [(429, {"Retry-After": "42"}, 42.0), (503, {}, None)])
async def test_a_busy_paddle_is_asked_later(
    api: PaddleApi, status: int, headers: dict[str, str], seconds: float | None
) -> None:
    api.subscription()
    api.trouble = [(status, headers)]
    assert await act(api, of(Verb.PAUSE)) == Trouble(Cause.LATER, f"Paddle answers {status}", seconds)


async def test_what_is_left_as_it_was_is_not_done(api: PaddleApi) -> None:
    same = Answer(200, {}, json.dumps({"data": {**api.subscriptions[api.subscription()]}}).encode())
    for step in (1, 3):
        found = PADDLE.read(Account(KEY), of(Verb.CANCEL_AT_PERIOD_END), Returned(same, step, AT))
        assert found == Trouble(Cause.FAILED, "Paddle left the subscription as it was")


def test_what_can_be_done_depends_on_how_it_stands() -> None:
    def able(status: str, cancel_at: int | None = None) -> Capabilities:
        return PADDLE.able(Followed("paddle", "sub_1", status=status, cancel_at=cancel_at))

    ended = Capabilities(update_customer=True)
    assert able("cancelled") == able("completed") == ended
    assert (able("active").pause, able("active").resume, able("active").undo_cancel) == (True, False, False)
    assert (able("paused").pause, able("paused").resume) == (False, True)
    ending = able("active", AT)
    assert (ending.undo_cancel, ending.cancel_at_period_end, ending.cancel_now, ending.pause) == (
        True,
        False,
        True,
        False,
    )


async def test_who_a_customer_is(api: PaddleApi) -> None:
    async def ask(ref: str) -> Customer | Trouble:
        async with calling() as send:
            answer = await send(LOOKUPS["paddle"].ask(Account(KEY, api.url), ref))
            assert isinstance(answer, Answer)
            return LOOKUPS["paddle"].read(answer)

    assert await ask("ctm_1") == Customer(ref="ctm_1", email="ada@example.com", name="Ada L.", locale="en")
    lost = await ask("ctm_9/../../x")
    assert isinstance(lost, Trouble)
    assert lost.cause is Cause.LOST


@given(
    status=st.sampled_from([200, 201, 400, 404, 500]),
    step=st.integers(0, 4),
    verb=st.sampled_from(list(Verb)),
    data=st.one_of(st.none(), st.text(max_size=5), st.lists(st.none(), max_size=2), st.dictionaries(
        st.sampled_from(["id", "status", "customer_id", "urls", "updated_at", "email", "currency_code"]),
        st.one_of(st.none(), st.text(max_size=5), st.integers(), st.just("canceled"), st.just("EUR")))),
)  # fmt: skip
def test_whatever_comes_has_a_meaning(status: int, step: int, verb: Verb, data: object) -> None:
    answer = Answer(status, {}, json.dumps({"data": data}).encode())
    replied = PADDLE.read(Account(KEY), of(verb, customer="ctm_1", details=ADA), Returned(answer, step, AT))
    assert isinstance(replied, Done | Page | Then | Trouble)
    assert isinstance(LOOKUPS["paddle"].read(answer), Customer | Trouble)

"""What Stripe is asked to do: each verb against a small Stripe, and what each of its answers means."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import permutations
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.asking import AT, change_of, end_of, told
from support.stripe_api import KEY, PERIOD_ENDS, StripeApi, running_stripe_api
from worker.core.following import Followed, Report, followed
from worker.core.instant import SECOND
from worker.core.provider_action import NOTHING, Capabilities, Verb
from worker.core.transaction import Address, Customer, Kind, Subscription
from worker.core.web_call import Answer
from worker.net.web_call import calling
from worker.sources import ACTINGS, LOOKUPS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Asked, Done, Page, Replied, Returned, Then

STRIPE = ACTINGS["stripe"]
CHANGES = (Verb.CANCEL_AT_PERIOD_END, Verb.CANCEL_NOW, Verb.UNDO_CANCEL, Verb.PAUSE, Verb.RESUME)
ADA = Customer(
    name="Ada L.",
    email="ada@example.org",
    phone="+49 40 1",
    address=Address(line1="1 High St", city="Leeds", postal_code="LS1 1AA", country="GB"),
)


@pytest.fixture
async def api() -> AsyncIterator[StripeApi]:
    async with running_stripe_api() as server:
        server.customer()
        yield server


async def act(api: StripeApi, asked: Asked, key: str = KEY) -> Replied:
    return await end_of(STRIPE, Account(key, api.url), asked)


def of(verb: Verb, subscription: str = "sub_1", **more: Any) -> Asked:
    return replace(Asked(verb, f"key-{verb.value}".replace("_", "-"), subscription), **more)


def plan(replied: Replied) -> Subscription:
    assert told(replied).customer.ref == "cus_1"
    return change_of(replied, "sub_1")


async def test_cancel_at_the_end_of_the_period(api: StripeApi) -> None:
    api.subscription()
    ending = plan(await act(api, of(Verb.CANCEL_AT_PERIOD_END)))
    assert (ending.status, ending.cancel_at) == ("active", PERIOD_ENDS * SECOND)
    (seen,) = api.seen
    assert (seen.method, seen.form, seen.key) == (
        "POST",
        {"cancel_at_period_end": "true"},
        "key-cancel-at-period-end",
    )
    assert seen.version == "2025-02-24.acacia"


async def test_cancel_now(api: StripeApi) -> None:
    api.subscription()
    ended = told(await act(api, of(Verb.CANCEL_NOW)))
    assert ended.subscription is not None
    assert (ended.subscription.status, ended.occurred_at) == ("cancelled", (PERIOD_ENDS - 60) * SECOND)
    assert [seen.method for seen in api.seen] == ["DELETE"]


async def test_take_a_cancellation_back_whichever_way_it_was_made(api: StripeApi) -> None:
    api.subscription(cancel_at_period_end=True, cancel_at=PERIOD_ENDS)
    assert plan(await act(api, of(Verb.UNDO_CANCEL))).cancel_at is None
    api.subscription(cancel_at=PERIOD_ENDS + 86_400)
    assert plan(await act(api, of(Verb.UNDO_CANCEL, key="another"))).cancel_at is None
    assert [seen.form for seen in api.seen[1:]] == [{"cancel_at_period_end": "false"}, {"cancel_at": ""}]


async def test_pause_and_resume(api: StripeApi) -> None:
    api.subscription()
    assert plan(await act(api, of(Verb.PAUSE))).status == "paused"
    assert api.subscriptions["sub_1"]["pause_collection"]["behavior"] == "void"
    assert plan(await act(api, of(Verb.RESUME))).status == "active"


async def test_resume_after_a_trial_that_ended_without_a_card(api: StripeApi) -> None:
    api.subscription(status="paused")
    assert plan(await act(api, of(Verb.RESUME))).status == "active"
    assert [seen.path for seen in api.seen] == ["/v1/subscriptions/sub_1", "/v1/subscriptions/sub_1/resume"]
    assert len({seen.key for seen in api.seen}) == 2


async def test_the_same_again_changes_nothing_more_and_tells_the_same(api: StripeApi) -> None:
    for verb in (Verb.CANCEL_AT_PERIOD_END, Verb.PAUSE):
        api.subscription()
        first = await act(api, of(verb))
        state = dict(api.subscriptions["sub_1"])
        assert await act(api, of(verb)) == first
        assert api.subscriptions["sub_1"] == state


@pytest.mark.parametrize("verb", [Verb.CANCEL_AT_PERIOD_END, Verb.CANCEL_NOW])
async def test_what_has_ended_before_is_cancelled(api: StripeApi, verb: Verb) -> None:
    api.subscription()
    api.ends("sub_1")
    assert plan(await act(api, of(verb))).status == "cancelled"
    assert api.seen[-1].method == "GET"


@pytest.mark.parametrize("verb", [Verb.UNDO_CANCEL, Verb.PAUSE, Verb.RESUME])
async def test_what_has_ended_can_not_be_brought_back(api: StripeApi, verb: Verb) -> None:
    api.subscription()
    api.ends("sub_1")
    found = await act(api, of(verb))
    assert found == Trouble(Cause.LOST, "this subscription has ended at Stripe")


@pytest.mark.parametrize("verb", CHANGES)
async def test_a_subscription_that_stripe_does_not_know_is_lost(api: StripeApi, verb: Verb) -> None:
    found = await act(api, of(verb))
    assert isinstance(found, Trouble)
    assert found.cause is Cause.LOST


@pytest.mark.parametrize("verb", [*CHANGES, Verb.UPDATE_CUSTOMER, Verb.CARD_PAGE])
async def test_a_key_that_may_not(api: StripeApi, verb: Verb) -> None:
    api.subscription()
    asked = of(verb, customer="cus_1", details=ADA)
    found = await act(api, asked, key="rk_another")
    assert isinstance(found, Trouble)
    assert (found.cause, "rk_another" in found.reason) == (Cause.DENIED, False)
    api.forbidden = {"subscriptions", "customers", "billing_portal"}
    found = await act(api, replace(asked, key="later"))
    assert isinstance(found, Trouble)
    assert found.cause is Cause.DENIED
    assert "may not" in found.reason


@pytest.mark.parametrize("status", [409, 429, 500, 503])
@pytest.mark.parametrize("verb", [Verb.CANCEL_AT_PERIOD_END, Verb.CANCEL_NOW])
async def test_a_busy_stripe_is_asked_later_and_says_when(api: StripeApi, verb: Verb, status: int) -> None:
    api.subscription()
    api.trouble = [(status, {"Retry-After": "7"})]
    assert await act(api, of(verb)) == Trouble(Cause.LATER, f"Stripe answers {status}", 7.0)
    replied = await act(api, of(verb))
    assert isinstance(replied, Done)


async def test_a_kept_failure_is_not_repeated_for_a_day(api: StripeApi) -> None:
    api.subscription()
    api.trouble = [(500, {})]
    assert isinstance(await act(api, of(Verb.PAUSE)), Trouble)
    assert plan(await act(api, of(Verb.PAUSE))).status == "paused"
    assert [seen.key for seen in api.seen] == ["key-pause", "key-pause", "key-pause-anew"]


async def test_a_key_used_for_something_else_needs_a_person(api: StripeApi) -> None:
    api.subscription()
    await act(api, of(Verb.PAUSE, key="one"))
    found = await act(api, of(Verb.UNDO_CANCEL, key="one"))
    assert isinstance(found, Trouble)
    assert (found.cause, "same parameters" in found.reason) == (Cause.FAILED, True)


async def test_a_schedules_subscription_is_left_to_a_person(api: StripeApi) -> None:
    api.subscription(schedule="sub_sched_1")
    found = await act(api, of(Verb.CANCEL_AT_PERIOD_END))
    assert isinstance(found, Trouble)
    assert (found.cause, "sub_sched_1" in found.reason) == (Cause.FAILED, True)


async def test_answer_and_events_come_to_one_end_in_any_order(api: StripeApi) -> None:
    api.subscription()
    answered = told(await act(api, of(Verb.CANCEL_AT_PERIOD_END)))
    event = replace(answered, id="evt_1", occurred_at=AT - SECOND)
    before = replace(event, id="evt_0", occurred_at=AT - 9 * SECOND, subscription=Subscription(ref="sub_1"))
    ended = replace(event, id="evt_2", occurred_at=AT + SECOND, subscription=Subscription("sub_1", status="cancelled"))
    for known, status in (((before, event, answered), "active"), ((before, event, answered, ended), "cancelled")):
        ends = {
            replace(followed("stripe", "sub_1", [Report("c-1", each) for each in order]), told_at=0)
            for order in permutations(known)
        }
        assert [each.status for each in ends] == [status]


async def test_the_card_page_is_stripes_and_leads_back(api: StripeApi) -> None:
    back = "https://shop.example/hub/"
    page = await act(api, of(Verb.CARD_PAGE, customer="cus_1", return_url=back))
    assert page == Page("https://billing.example.com/p/session/cus_1")
    (seen,) = api.seen
    assert seen.form == {
        "customer": "cus_1",
        "flow_data[type]": "payment_method_update",
        "return_url": back,
        "flow_data[after_completion][type]": "redirect",
        "flow_data[after_completion][redirect][return_url]": back,
    }


async def test_whose_subscription_it_is_is_asked_where_that_is_not_known(api: StripeApi) -> None:
    api.subscription()
    assert isinstance(await act(api, of(Verb.CARD_PAGE)), Page)
    assert [(seen.method, seen.path) for seen in api.seen] == [
        ("GET", "/v1/subscriptions/sub_1"),
        ("POST", "/v1/billing_portal/sessions"),
    ]


async def test_a_customer_is_changed_in_what_is_known(api: StripeApi) -> None:
    changed = told(await act(api, of(Verb.UPDATE_CUSTOMER, customer="cus_1", details=ADA)))
    assert changed.kind is Kind.CUSTOMER_CHANGED
    assert (changed.customer.name, changed.customer.email, changed.customer.ref) == ("Ada L.", ADA.email, "cus_1")
    assert changed.customer.address == ADA.address
    await act(api, of(Verb.UPDATE_CUSTOMER, customer="cus_1", details=Customer(name="Ada"), key="two"))
    assert api.seen[-1].form == {"name": "Ada"}
    assert api.customers["cus_1"]["email"] == ADA.email


async def test_a_customer_who_is_gone(api: StripeApi) -> None:
    found = await act(api, of(Verb.UPDATE_CUSTOMER, customer="cus_9", details=ADA))
    assert isinstance(found, Trouble)
    assert found.cause is Cause.LOST
    api.customer("cus_2", deleted=True)
    assert await act(api, of(Verb.UPDATE_CUSTOMER, customer="cus_2", details=ADA, key="two")) == Trouble(
        Cause.LOST, "this customer was deleted at Stripe"
    )


async def test_without_a_name_no_customer_is_made(api: StripeApi) -> None:
    asked = Asked(Verb.UPDATE_CUSTOMER, "key", details=ADA)
    found = await act(api, asked)
    assert isinstance(found, Trouble)
    assert [seen.method for seen in api.seen] == ["GET"]


def answered(verb: Verb, body: dict[str, Any], step: int = 0) -> Replied:
    answer = Answer(200, {}, json.dumps(body).encode())
    return STRIPE.read(Account("rk_1"), of(verb, customer="cus_1"), Returned(answer, step, AT))


@pytest.mark.parametrize("verb", CHANGES)
def test_an_answer_that_leaves_it_as_it_was_confirms_nothing(verb: Verb) -> None:
    ends = {"cancel_at": PERIOD_ENDS} if verb is Verb.UNDO_CANCEL else {}
    held = {"pause_collection": {"behavior": "void"}} if verb is Verb.RESUME else {}
    state: dict[str, Any] = (
        {"id": "sub_1", "status": "active", "customer": "cus_1", "current_period_end": PERIOD_ENDS} | ends | held
    )
    assert answered(verb, state, step=1) == Trouble(Cause.FAILED, "Stripe left the subscription as it was")


@pytest.mark.parametrize("body", [{}, {"id": 7, "status": {}}, {"id": "sub_1", "status": "asleep"}])
@pytest.mark.parametrize("verb", CHANGES)
def test_an_answer_that_can_not_be_read_confirms_nothing(verb: Verb, body: dict[str, object]) -> None:
    found = answered(verb, body)
    assert isinstance(found, Trouble)
    assert found.cause is Cause.FAILED


def test_another_ask_that_finds_the_same_tells_anew() -> None:
    state: dict[str, Any] = {"id": "sub_1", "status": "active", "customer": "cus_1", "cancel_at": PERIOD_ENDS}
    answer = Answer(200, {}, json.dumps(state).encode())
    ids = {
        told(STRIPE.read(Account("rk_1"), of(Verb.CANCEL_AT_PERIOD_END, key=key), Returned(answer, 0, AT))).id
        for key in ("one", "two", "one")
    }
    assert len(ids) == 2
    assert all(each.startswith("sub_1:") for each in ids)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("id status items data customer cancel_at ended_at url error code message deleted".split()),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(Verb), st.integers(200, 599), st.integers(0, 4), st.binary(max_size=80) | _JSON.map(json.dumps))
def test_whatever_comes_has_a_meaning(verb: Verb, status: int, step: int, body: bytes | str) -> None:
    answer = Answer(status, {"retry-after": "x"}, body if isinstance(body, bytes) else body.encode())
    for customer in ("cus_1", None):
        replied = STRIPE.read(Account("rk_1"), of(verb, customer=customer), Returned(answer, step, AT))
        assert isinstance(replied, Done | Page | Then | Trouble)


ROW = Followed("stripe", "sub_1", customer_id="c-1", status="active")


@pytest.mark.parametrize(
    ("row", "verbs"),
    [
        (ROW, {"cancel_at_period_end", "cancel_now", "pause"}),
        (replace(ROW, status="trialing"), {"cancel_at_period_end", "cancel_now"}),
        (replace(ROW, status="past_due"), {"cancel_at_period_end", "cancel_now"}),
        (replace(ROW, status="paused"), {"cancel_at_period_end", "cancel_now", "resume"}),
        (replace(ROW, cancel_at=AT), {"cancel_now", "undo_cancel"}),
    ],
)
def test_what_can_be_done_depends_on_how_it_stands(row: Followed, verbs: set[str]) -> None:
    able = STRIPE.able(row)
    assert {verb.value for verb in Verb if able.can(verb)} == verbs | {"update_customer", "card_page"}


@pytest.mark.parametrize("status", ["cancelled", "completed"])
def test_of_what_has_ended_only_the_customer_is_left(status: str) -> None:
    assert STRIPE.able(replace(ROW, status=status)) == Capabilities(update_customer=True)


def test_nothing_can_be_done_for_what_is_not_stripes() -> None:
    assert STRIPE.able(replace(ROW, ref="S-7")) == NOTHING


def test_without_a_subscription_the_customer_can_be_changed() -> None:
    able = STRIPE.able(Followed("stripe", ""))
    assert {verb for verb in Verb if able.can(verb)} == {Verb.UPDATE_CUSTOMER}


def test_no_key_shows() -> None:
    call = STRIPE.ask(Account("rk_secret", "http://localhost:1"), of(Verb.PAUSE))
    assert "rk_secret" not in repr(call)
    assert dict(parse_qsl((call.body or b"").decode())) == {"pause_collection[behavior]": "void"}
    assert urlsplit(STRIPE.ask(Account("rk_1"), of(Verb.PAUSE)).url).netloc == "api.stripe.com"


async def test_who_a_customer_is(api: StripeApi) -> None:
    api.customer("cus_2", email="late@example.org", name="Late", address={"country": "DE"})
    api.customer("cus_3", deleted=True)
    account, lookup = Account(KEY, api.url), LOOKUPS["stripe"]
    found = {}
    async with calling() as send:
        for ref in ("cus_2", "cus_3", "cus_9"):
            answer = await send(lookup.ask(account, ref))
            assert isinstance(answer, Answer)
            found[ref] = lookup.read(answer)
    assert found["cus_2"] == Customer(email="late@example.org", ref="cus_2", name="Late", address=Address(country="DE"))
    gone = [found["cus_3"], found["cus_9"]]
    assert [each.cause for each in gone if isinstance(each, Trouble)] == [Cause.LOST, Cause.LOST]
    odd = lookup.read(Answer(200, {}, b"nothing"))
    assert isinstance(odd, Trouble)
    assert odd.cause is Cause.FAILED

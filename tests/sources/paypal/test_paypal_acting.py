"""What PayPal is asked to do, and who pays: each question against a small PayPal, and what each answer means."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.asking import AT, change_of, end_of, told
from sources.goldens import body_of, read
from support.paypal_api import KEY, PayPalApi, running_paypal_api
from worker.asking.logins import Logins
from worker.core.following import Followed
from worker.core.instant import parse
from worker.core.provider_action import NOTHING, Verb
from worker.core.transaction import Customer, Subscription, fingerprint
from worker.core.web_call import Answer
from worker.net.web_call import calling
from worker.sources import ACTINGS, LOOKUPS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Asked, Done, Replied, Returned, Then
from worker.sources.event import Told

PAYPAL, LOOKUP = ACTINGS["paypal"], LOOKUPS["paypal"]
REF = "I-BW452GLLEP1G"
CHANGES = (Verb.CANCEL_NOW, Verb.PAUSE, Verb.RESUME)
STATES = {"ACTIVE": "active", "SUSPENDED": "paused"}


def resource(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(body_of("paypal", name))["resource"]
    return told


@pytest.fixture
async def api() -> AsyncIterator[PayPalApi]:
    async with running_paypal_api() as server:
        server.subscription(resource("BILLING.SUBSCRIPTION.ACTIVATED.json"))
        yield server


async def act(api: PayPalApi, asked: Asked, key: str = KEY) -> Replied:
    return await end_of(PAYPAL, Account(key, api.url), asked)


def of(verb: Verb, subscription: str = REF) -> Asked:
    return Asked(verb, f"key-{verb.value}".replace("_", "-"), subscription)


def plan(replied: Replied) -> Subscription:
    assert told(replied).customer.email == "ada@example.com"
    return change_of(replied, REF)


async def test_cancelled_at_once_is_told_by_what_the_subscription_shows_then(api: PayPalApi) -> None:
    ended = plan(await act(api, of(Verb.CANCEL_NOW)))

    assert (ended.status, ended.next_payment_at) == ("cancelled", None)
    assert api.seen == [
        ("POST", f"/v1/billing/subscriptions/{REF}/cancel", "key-cancel-now"),
        ("GET", f"/v1/billing/subscriptions/{REF}", None),
    ]


async def test_suspended_and_taken_up_again(api: PayPalApi) -> None:
    assert plan(await act(api, of(Verb.PAUSE))).status == "paused"
    assert plan(await act(api, of(Verb.RESUME))).status == "active"


@pytest.mark.parametrize("verb", CHANGES)
async def test_what_is_asked_twice_is_done_once_and_confirmed_twice(api: PayPalApi, verb: Verb) -> None:
    if verb is Verb.RESUME:
        api.subscriptions[REF]["status"] = "SUSPENDED"
    first, again = await act(api, of(verb)), await act(api, of(verb))

    assert fingerprint(told(first)) == fingerprint(told(again))


async def test_an_answer_tells_what_its_event_tells_under_another_id(api: PayPalApi) -> None:
    by_answer = told(await act(api, of(Verb.CANCEL_NOW)))
    by_event = read("paypal", api.event_of(REF, "BILLING.SUBSCRIPTION.CANCELLED", "WH-1"))

    assert isinstance(by_event, Told)
    assert by_event.transactions == (replace(by_answer, id="WH-1"),)
    assert by_answer.id != "WH-1"


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.RESUME])
async def test_what_has_ended_is_lost_to_all_but_its_end(api: PayPalApi, verb: Verb) -> None:
    await act(api, of(Verb.CANCEL_NOW))

    trouble = await act(api, of(verb))

    assert isinstance(trouble, Trouble)
    assert (trouble.cause, trouble.reason) == (Cause.LOST, "this subscription has ended at PayPal")


async def test_a_state_that_allows_no_change_is_said(api: PayPalApi) -> None:
    api.subscriptions[REF]["status"] = "APPROVAL_PENDING"

    assert await act(api, of(Verb.PAUSE)) == Trouble(Cause.FAILED, "PayPal left the subscription as it was")


async def test_an_unknown_subscription_and_a_wrong_key(api: PayPalApi) -> None:
    lost, denied = await act(api, of(Verb.CANCEL_NOW, "I-UNKNOWN")), await act(api, of(Verb.CANCEL_NOW), "a:b")

    assert isinstance(lost, Trouble)
    assert isinstance(denied, Trouble)
    assert (lost.cause, denied.cause) == (Cause.LOST, Cause.DENIED)
    assert "a:b" not in denied.reason


@pytest.mark.parametrize("status", [409, 429, 500, 503])
async def test_a_busy_paypal_is_asked_later(api: PayPalApi, status: int) -> None:
    api.trouble = [status]

    assert await act(api, of(Verb.CANCEL_NOW)) == Trouble(Cause.LATER, f"PayPal answers {status}")
    assert api.subscriptions[REF]["status"] == "ACTIVE"
    assert plan(await act(api, of(Verb.CANCEL_NOW))).status == "cancelled"


async def test_what_paypal_has_no_word_for_is_never_done(api: PayPalApi) -> None:
    for verb in (Verb.CANCEL_AT_PERIOD_END, Verb.UNDO_CANCEL, Verb.UPDATE_CUSTOMER):
        assert await act(api, of(verb)) == Trouble(Cause.FAILED, "PayPal can't do this")
    assert {method for method, _, _ in api.seen} == {"GET"}


@pytest.mark.parametrize(
    ("status", "cancel", "pause", "resume"),
    [
        ("active", True, True, False),
        ("trialing", True, False, False),
        ("past_due", True, False, False),
        ("paused", True, False, True),
    ],
)
def test_what_it_can_do_follows_how_it_stands(status: str, cancel: bool, pause: bool, resume: bool) -> None:
    able = PAYPAL.able(Followed("paypal", REF, status=status))

    assert (able.cancel_now, able.pause, able.resume, able.card_page) == (cancel, pause, resume, True)
    assert (able.cancel_at_period_end, able.undo_cancel, able.update_customer) == (False, False, False)


def test_nothing_can_be_done_for_what_has_ended_or_is_none_of_paypals() -> None:
    for ended in (Followed("paypal", REF, status="cancelled"), Followed("paypal", REF, status="completed")):
        assert PAYPAL.able(ended) == NOTHING
    assert PAYPAL.able(Followed("paypal", "S-7")) == NOTHING
    assert PAYPAL.links(Followed("paypal", "S-7")) is None


def test_the_payers_own_page_is_known_without_asking() -> None:
    live, test = Followed("paypal", REF), Followed("paypal", REF, test=True)

    assert PAYPAL.links(live) == f"https://www.paypal.com/myaccount/autopay/connect/{REF}"
    assert PAYPAL.links(test) == f"https://www.sandbox.paypal.com/myaccount/autopay/connect/{REF}"


async def test_the_time_of_a_change_is_paypals_own(api: PayPalApi) -> None:
    assert told(await act(api, of(Verb.CANCEL_NOW))).occurred_at == parse(api.now)


async def who(api: PayPalApi, ref: str, key: str = KEY) -> Customer | Trouble:
    async with calling() as send:
        answer = await Logins(send).ask(Account(key, api.url), LOOKUP.login, lambda known: LOOKUP.ask(known, ref))
    return LOOKUP.read(answer) if isinstance(answer, Answer) else answer


async def test_who_pays_is_known_by_order_subscription_and_older_payment(api: PayPalApi) -> None:
    order = api.orders["1AB234567A1234567"] = resource("CHECKOUT.ORDER.APPROVED.json")
    payer = {"email": "cool@example.com", "first_name": "Cool", "last_name": "Buyer", "payer_id": "X"}
    api.payments["PAY-1"] = {"id": "PAY-1", "payer": {"payment_method": "paypal", "payer_info": payer}}

    by_order, by_plan, older = await who(api, order["id"]), await who(api, REF), await who(api, "PAY-1")

    assert isinstance(by_order, Customer)
    assert isinstance(by_plan, Customer)
    assert (by_order.email, by_order.ref, by_order.name) == ("ada@example.com", order["id"], "Ada Lovelace")
    assert (by_plan.email, by_plan.ref) == ("ada@example.com", REF)
    assert older == Customer(email="cool@example.com", ref="PAY-1", name="Cool Buyer")


async def test_whom_paypal_does_not_know_is_lost(api: PayPalApi) -> None:
    for ref in ("9ZZ", "I-9", "PAY-9", "../../v1/oauth2/token", "a b?c#d"):
        lost = await who(api, ref)
        assert isinstance(lost, Trouble)
        assert lost.cause is Cause.LOST


@given(body=st.binary(max_size=200), status=st.sampled_from([200, 204, 400, 401, 403, 404, 422, 429, 500]))
def test_whatever_paypal_answers_is_an_answer(body: bytes, status: int) -> None:
    account, answer = Account(KEY, token="t"), Answer(status, {"retry-after": "x"}, body)
    assert isinstance(LOOKUP.read(answer), Customer | Trouble)
    for verb in Verb:
        for step in (0, 1):
            replied = PAYPAL.read(account, of(verb), Returned(answer, step, AT))
            assert isinstance(replied, Done | Then | Trouble)
            assert "surprise" not in getattr(replied, "reason", "")

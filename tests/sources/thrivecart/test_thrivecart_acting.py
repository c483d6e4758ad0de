"""What ThriveCart is asked to do: each verb against a small ThriveCart, and what each of its answers means."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.asking import AT, change_of, end_of, told
from support.thrivecart_api import ACCOUNT_URL, KEY, ThriveCartApi, running_thrivecart_api
from worker.core.following import Followed
from worker.core.provider_action import NOTHING, Verb
from worker.core.web_call import Answer
from worker.sources import ACTINGS
from worker.sources.account import Account, Cause, Trouble
from worker.sources.acting import Asked, Done, Page, Replied, Returned, Then

CART = ACTINGS["thrivecart"]
REF = "41000556:product-12"
CHANGES = (Verb.CANCEL_NOW, Verb.PAUSE, Verb.RESUME)


@pytest.fixture
async def api() -> AsyncIterator[ThriveCartApi]:
    async with running_thrivecart_api() as server:
        server.transaction()
        yield server


async def act(api: ThriveCartApi, verb: Verb, ref: str = REF, key: str = KEY) -> Replied:
    return await end_of(CART, Account(key, api.url), Asked(verb, f"key-{verb.value}", ref))


def status(replied: Replied) -> str | None:
    assert told(replied).occurred_at == AT
    return change_of(replied, REF).status


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        (Verb.CANCEL_NOW, "active", "cancelled"),
        (Verb.CANCEL_NOW, "paused", "cancelled"),
        (Verb.PAUSE, "active", "paused"),
        (Verb.RESUME, "paused", "active"),
    ],
)
async def test_each_verb_is_done_by_thrivecarts_own_number(
    api: ThriveCartApi, verb: Verb, before: str, after: str
) -> None:
    row = api.subscription(status=before)
    assert status(await act(api, verb)) == row["status"] == after
    names = [name for name, _ in api.seen]
    assert names[:2] == ["transactions", "customer"]
    assert api.seen[2][1] == {"order_id": "41000556", "subscription_id": "3498819"}
    # The same again finds it done, and changes nothing more.
    assert status(await act(api, verb)) == after
    assert [name for name, _ in api.seen[3:]] == ["transactions", "customer"]


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.RESUME])
@pytest.mark.parametrize("over", ["cancelled", "completed"])
async def test_what_is_over_stays_over(api: ThriveCartApi, verb: Verb, over: str) -> None:
    api.subscription(status=over)
    assert await act(api, verb) == Trouble(Cause.LOST, f"this subscription is {over} at ThriveCart")
    assert status(await act(api, Verb.CANCEL_NOW)) == over


async def test_of_several_subscriptions_the_one_that_is_meant(api: ThriveCartApi) -> None:
    api.subscription("1", order_id="41000555")
    api.subscription("2", item_type="upsell", item_id="3")
    api.subscription("3")
    await act(api, Verb.CANCEL_NOW)
    assert [each["status"] for each in api.subscriptions.values()] == ["active", "active", "cancelled"]


async def test_what_thrivecart_does_not_know_is_lost(api: ThriveCartApi) -> None:
    for ref in (REF, "41000556:upsell-9", "7:product-12"):
        found = await act(api, Verb.CANCEL_NOW, ref)
        assert isinstance(found, Trouble)
        assert found.cause is Cause.LOST


async def test_a_key_that_may_not(api: ThriveCartApi) -> None:
    found = await act(api, Verb.CANCEL_NOW, key="another")
    assert found == Trouble(Cause.DENIED, "ThriveCart doesn't know this key: The access token provided is invalid")


@pytest.mark.parametrize(("code", "seconds"), [(429, 60.0), (500, None), (503, None)])
async def test_a_busy_thrivecart_is_asked_later(api: ThriveCartApi, code: int, seconds: float | None) -> None:
    api.trouble = [code]
    found = await act(api, Verb.CANCEL_NOW)
    assert isinstance(found, Trouble)
    assert (found.cause, found.seconds) == (Cause.LATER, seconds)


async def test_the_card_page_is_thrivecarts_own_hub(api: ThriveCartApi) -> None:
    assert await act(api, Verb.CARD_PAGE) == Page(f"{ACCOUNT_URL}updateinfo/")


def answered(verb: Verb, code: int, body: object, step: int) -> Replied:
    answer = Answer(code, {}, json.dumps(body).encode())
    return CART.read(Account(KEY), Asked(verb, "key", REF), Returned(answer, step, AT))


@pytest.mark.parametrize("verb", CHANGES)
@pytest.mark.parametrize("body", [{}, {"success": False, "message": "Not now."}, {"message": "successfully"}, [], "no"])
def test_only_a_success_confirms(verb: Verb, body: object) -> None:
    found = answered(verb, 200, body, 2)
    assert isinstance(found, Trouble)
    assert found.cause is Cause.FAILED


def test_a_refusal_is_told_in_thrivecarts_words() -> None:
    words = "You do not have permission to access this subscription."
    found = answered(Verb.CANCEL_NOW, 400, {"error": words}, 2)
    assert found == Trouble(Cause.FAILED, f"ThriveCart answers 400, asked to cancel now: {words}")


@given(st.sampled_from([*CHANGES, Verb.CARD_PAGE]), st.integers(200, 599), st.integers(0, 3), st.binary(max_size=80))
def test_whatever_comes_has_a_meaning(verb: Verb, code: int, step: int, body: bytes) -> None:
    replied = CART.read(Account(KEY), Asked(verb, "key", REF), Returned(Answer(code, {}, body), step, AT))
    assert isinstance(replied, Done | Page | Then | Trouble)


ROW = Followed("thrivecart", REF, status="active")


@pytest.mark.parametrize(
    ("row", "verbs"),
    [
        (ROW, {"cancel_now", "pause", "card_page"}),
        (replace(ROW, status="paused"), {"cancel_now", "resume", "card_page"}),
        (replace(ROW, status="past_due"), {"cancel_now", "card_page"}),
        (replace(ROW, ref="41000556:upsell-3"), {"cancel_now", "pause", "card_page"}),
    ],
)
def test_what_can_be_done_depends_on_how_it_stands(row: Followed, verbs: set[str]) -> None:
    assert {verb.value for verb in Verb if CART.able(row).can(verb)} == verbs


@pytest.mark.parametrize(
    "row",
    [
        replace(ROW, status="cancelled"),
        replace(ROW, status="completed"),
        replace(ROW, ref="sub_1"),
        replace(ROW, test=True),
    ],
)
def test_nothing_can_be_done_for_what_is_over_or_not_thrivecarts(row: Followed) -> None:
    assert CART.able(row) == NOTHING


def test_no_key_shows() -> None:
    call = CART.ask(Account("secret-key"), Asked(Verb.CANCEL_NOW, "key", REF))
    assert "secret-key" not in repr(call)
    assert call.url.startswith("https://thrivecart.com/api/external/transactions?")

"""The relay's health: pauses, back-offs, probes."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.delivery import SECOND
from worker.core.outcome import Outcome, Phase, Result, replied
from worker.core.relay import Allowance, Away, RelayState, after, allowance, as_dict, from_dict, opens_at, probing

NOW = 1_795_000_000 * SECOND
MINUTE = 60 * SECOND
SENT = replied(Phase.DATA, 250, "ok")
REFUSED_LOGIN = replied(Phase.AUTH, 535, "5.7.8 no")
SENDER_REFUSED = replied(Phase.MAIL, 550, "5.1.0 no")
UNKNOWN = replied(Phase.RCPT, 550, "5.1.1 no such user")
SPAM = replied(Phase.RCPT, 550, "5.7.1 spam")
UNREACHABLE = Outcome(Phase.CONNECT, Result.LOST)
BUSY = replied(Phase.GREETING, 421, "try again in 120 seconds")


def seen(state: RelayState, *tries: Outcome, now: int = NOW) -> RelayState:
    """After each of the tries, every one with a mail of its own."""
    for number, outcome in enumerate(tries):
        state = after(state, outcome, f"mail-{number}", now, 0.0)
    return state


def test_all_is_well_at_first() -> None:
    assert allowance(RelayState(), NOW) is Allowance.ALL
    assert opens_at(RelayState()) is None


def test_a_refused_login_pauses_and_one_mail_a_minute_probes() -> None:
    paused = seen(RelayState(), REFUSED_LOGIN)
    assert paused.paused
    assert paused.reason == "relay_refused"
    assert allowance(paused, NOW + MINUTE - 1) is Allowance.NONE
    assert allowance(paused, NOW + MINUTE) is Allowance.ONE
    probed = probing(paused, NOW + MINUTE)
    assert allowance(probed, NOW + MINUTE) is Allowance.NONE, "nobody else may probe meanwhile"
    still = seen(probed, REFUSED_LOGIN, now=NOW + MINUTE)
    assert still.paused_at == NOW
    assert allowance(still, NOW + 2 * MINUTE) is Allowance.ONE
    assert seen(still, SENT, now=NOW + 2 * MINUTE) == RelayState()


def test_mails_begun_before_the_pause_do_not_end_it() -> None:
    assert seen(RelayState(), REFUSED_LOGIN, SENT, UNKNOWN).paused


def test_a_probe_that_only_fails_by_its_recipient_ends_a_pause_for_login() -> None:
    paused = seen(RelayState(), REFUSED_LOGIN)
    assert not seen(paused, UNKNOWN, now=NOW + MINUTE).paused


def test_stripped_tls_pauses() -> None:
    assert seen(RelayState(), Outcome(Phase.STARTTLS, Result.TLS_FAILED)).reason == "relay_insecure"


def test_three_different_mails_refused_at_mail_in_a_row_pause() -> None:
    assert not seen(RelayState(), SENDER_REFUSED, SENDER_REFUSED).paused
    assert seen(RelayState(), SENDER_REFUSED, SENDER_REFUSED, SENDER_REFUSED).reason == "sender_refused"
    assert not seen(RelayState(), SENDER_REFUSED, SENDER_REFUSED, UNKNOWN, SENDER_REFUSED).paused
    same = RelayState()
    for _ in range(10):
        same = after(same, SENDER_REFUSED, "the same mail", NOW, 0.0)
    assert not same.paused


def test_policy_refusals_for_more_than_half_of_twenty_pause() -> None:
    assert not seen(RelayState(), *[SPAM, SENT] * 30).paused, "half is not more than half"
    assert not seen(RelayState(), *[SENT] * 9, *[SPAM] * 10).paused
    assert seen(RelayState(), *[SENT] * 9, *[SPAM] * 11).reason == "policy_refused"
    assert seen(RelayState(), *[SPAM] * 11).paused
    paused = seen(RelayState(), *[SPAM] * 11)
    assert seen(paused, UNKNOWN, now=NOW + MINUTE).paused, "an unknown recipient proves nothing"
    assert seen(paused, SENT, now=NOW + MINUTE) == RelayState(), "the old refusals don't pause again"


def test_an_unreachable_relay_is_tried_less_and_less_and_one_at_a_time() -> None:
    state, now, waits = RelayState(), NOW, []
    for _ in range(9):
        state = seen(state, UNREACHABLE, now=now)
        wait = opens_at(state)
        assert wait is not None
        waits.append((wait - now) // SECOND)
        assert allowance(state, wait - 1) is Allowance.NONE
        assert allowance(state, wait) is Allowance.ONE
        now = wait
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert allowance(seen(state, UNKNOWN, now=now), now) is Allowance.ALL


def test_a_probe_of_an_unreachable_relay_counts_from_its_start() -> None:
    state = probing(seen(RelayState(), UNREACHABLE), NOW + 5 * SECOND)
    assert allowance(state, NOW + 5 * SECOND) is Allowance.NONE
    failed = seen(state, UNREACHABLE, now=NOW + 5 * SECOND)
    assert failed.failures == 2
    assert opens_at(failed) == NOW + 15 * SECOND
    assert allowance(seen(state, SENT, now=NOW + 6 * SECOND), NOW + 6 * SECOND) is Allowance.ALL


def test_connections_that_break_together_are_one_failure() -> None:
    assert seen(RelayState(), *[UNREACHABLE] * 8).failures == 1


def test_a_busy_relay_is_left_alone_as_long_as_it_asks() -> None:
    assert opens_at(seen(RelayState(), BUSY)) == NOW + 120 * SECOND
    assert opens_at(seen(RelayState(), UNREACHABLE, BUSY)) == NOW + 120 * SECOND


def test_a_greylisting_says_nothing_about_the_relay() -> None:
    state = seen(RelayState(), replied(Phase.MAIL, 450, "later"), Outcome(Phase.MAIL, Result.STALE))
    assert state == RelayState()


def test_while_all_goes_well_the_value_stands_still() -> None:
    """So that a busy relay costs no write a mail."""
    steady = seen(RelayState(), *[SENT] * 20)
    assert seen(steady, SENT) == steady


outcomes = st.builds(Outcome, st.sampled_from(Phase), st.sampled_from(Result), st.sampled_from([None, 421, 450, 550]))
tries = st.lists(st.tuples(outcomes, st.sampled_from("abcd"), st.integers(0, 10**9), st.floats(0, 1)), max_size=50)


@given(tries)
@settings(max_examples=150)
def test_it_survives_the_database_and_always_opens_again(happened: list[tuple[Outcome, str, int, float]]) -> None:
    state, now = RelayState(), NOW
    for outcome, mail_id, passed, jitter in happened:
        now += passed
        state = after(state, outcome, mail_id, now, jitter)
        assert from_dict(json.loads(json.dumps(as_dict(state)))) == state
        wait = opens_at(state)
        assert wait is None or wait <= now + 375 * SECOND
        assert state.paused == (state.probe_at is not None)
    assert allowance(state, now + 375 * SECOND) is not Allowance.NONE
    assert after(state, SENT, "e", now + 375 * SECOND, 0.0).paused is False


def test_a_row_of_another_version_is_read_as_far_as_it_goes() -> None:
    assert from_dict({}) == RelayState()
    odd = {"paused_at": "soon", "failures": -3, "mail_refusals": 7, "recent": None, "probe_at": True, "new": 1}
    assert from_dict(odd) == RelayState()


@pytest.mark.parametrize(
    ("outcome", "away"),
    [
        (Outcome(Phase.CONNECT, Result.DNS_FAILED), Away.NAME_UNKNOWN),
        (Outcome(Phase.CONNECT, Result.LOST), Away.NOBODY_THERE),
        (Outcome(Phase.CONNECT, Result.TIMEOUT), Away.TOO_SLOW),
        (Outcome(Phase.GREETING, Result.GARBAGE), Away.NOT_SMTP),
        (Outcome(Phase.EHLO, Result.LOST), Away.HUNG_UP),
        (Outcome(Phase.GREETING, Result.REFUSED, 421), Away.BUSY),
    ],
)
def test_why_it_is_away_is_known_until_it_answers(outcome: Outcome, away: Away) -> None:
    state = seen(RelayState(), outcome)
    assert state.away is away
    assert from_dict(json.loads(json.dumps(as_dict(state)))) == state
    assert seen(state, SENT).away is None

"""What becomes of a mail after a try, for each outcome and over many tries."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.delivery import (
    GIVE_UP_AFTER,
    SECOND,
    TABLE,
    Decision,
    History,
    MailState,
    RelayEffect,
    Stage,
    Verdict,
    answer,
    crashed,
    decide,
    delay,
    rule,
    stage,
    table_as_markdown,
)
from worker.core.outcome import Outcome, Phase, Result, cleaned, enhanced_code, replied, retry_after

MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
NOW = 1_795_000_000 * SECOND
SENT = replied(Phase.DATA, 250, "2.0.0 queued as 42")
GREYLISTED = replied(Phase.RCPT, 450, "4.2.0 Greylisted")
UNKNOWN = replied(Phase.RCPT, 550, "5.1.1 no such user")
LOST = Outcome(Phase.DATA, Result.LOST)

outcomes = st.builds(
    Outcome,
    phase=st.sampled_from(Phase),
    result=st.sampled_from(Result),
    code=st.none() | st.integers(-1, 999),
    enhanced=st.none() | st.sampled_from(["2.0.0", "4.7.1", "5.1.1", "5.7.1", "5.7.26"]),
    retry_after=st.none() | st.integers(10, 3600),
)
histories = st.builds(
    History,
    now=st.integers(NOW, NOW + 10 * DAY),
    created_at=st.just(NOW),
    expires_at=st.none() | st.integers(NOW, NOW + 2 * DAY),
    attempts=st.integers(0, 10_000),
    ambiguous_attempts=st.integers(0, 2),
    jitter=st.floats(0, 1),
)


def test_the_shown_table_is_the_table() -> None:
    shown = Path(__file__).parents[2] / "docs" / "delivery.md"
    assert shown.read_text(encoding="utf-8") == table_as_markdown()


def test_receipt_taken_is_sent() -> None:
    decided = decide(SENT, History(now=NOW, created_at=NOW))
    assert (decided.state, decided.due_at, decided.effect) == (MailState.SENT, None, RelayEffect.OK)
    assert decided.attempts == 1


def test_unknown_recipient_fails_and_says_why() -> None:
    decided = decide(UNKNOWN, History(now=NOW, created_at=NOW))
    assert (decided.state, decided.reason) == (MailState.FAILED, "recipient_refused")


def test_trouble_before_mail_costs_no_attempt() -> None:
    for outcome in (
        Outcome(Phase.CONNECT, Result.LOST),
        Outcome(Phase.CONNECT, Result.DNS_FAILED),
        Outcome(Phase.STARTTLS, Result.TLS_FAILED),
        replied(Phase.GREETING, 421, "busy"),
        replied(Phase.AUTH, 535, "5.7.8 no"),
        Outcome(Phase.MAIL, Result.STALE),
    ):
        decided = decide(outcome, History(now=NOW, created_at=NOW, attempts=3))
        assert (decided.state, decided.due_at, decided.attempts) == (MailState.DUE, NOW, 3)


def test_a_receipt_backs_off_for_five_days_and_then_fails() -> None:
    now, tries, waits = NOW, 0, []
    decided = decide(GREYLISTED, History(now=now, created_at=NOW, attempts=tries, jitter=0.0))
    while decided.state is MailState.DEFERRED and decided.due_at is not None:
        waits.append((decided.due_at - now) // MINUTE)
        now, tries = decided.due_at, decided.attempts
        decided = decide(GREYLISTED, History(now=now, created_at=NOW, attempts=tries, jitter=0.0))
    assert waits[:6] == [5, 10, 20, 40, 53, 53]
    assert (decided.state, decided.reason) == (MailState.FAILED, "gave_up")
    assert now == NOW + GIVE_UP_AFTER, "the last try comes at the very end"


def test_a_relay_that_was_away_for_a_week_loses_no_receipt() -> None:
    decided = decide(replied(Phase.AUTH, 535, "no"), History(now=NOW + 7 * DAY, created_at=NOW, attempts=2))
    assert (decided.state, decided.attempts) == (MailState.DUE, 2)
    link = History(now=NOW + 7 * DAY, created_at=NOW, expires_at=NOW + DAY)
    assert decide(Outcome(Phase.CONNECT, Result.LOST), link).state is MailState.EXPIRED


def test_a_link_is_never_tried_after_it_expired() -> None:
    soon = History(now=NOW, created_at=NOW, expires_at=NOW + 4 * MINUTE)
    assert decide(GREYLISTED, soon).state is MailState.EXPIRED
    later = History(now=NOW, created_at=NOW, expires_at=NOW + DAY)
    assert decide(GREYLISTED, later).state is MailState.DEFERRED


def test_an_ambiguous_mail_goes_out_once_more_then_it_is_parked() -> None:
    first = decide(LOST, History(now=NOW, created_at=NOW))
    assert (first.state, first.reason, first.ambiguous_attempts) == (MailState.DUE, "ambiguous", 1)
    assert first.due_at is not None
    assert first.due_at - NOW <= 10 * SECOND
    second = decide(LOST, History(now=first.due_at, created_at=NOW, attempts=1, ambiguous_attempts=1))
    assert (second.state, second.due_at) == (MailState.PARKED, None)


def test_a_parked_link_waits_for_its_expiry() -> None:
    decided = decide(LOST, History(now=NOW, created_at=NOW, expires_at=NOW + DAY, ambiguous_attempts=1))
    assert (decided.state, decided.due_at) == (MailState.PARKED, NOW + DAY)


def test_a_crash_while_sending_is_an_ambiguous_try() -> None:
    assert rule(crashed()).verdict is Verdict.AMBIGUOUS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4.2.0 Greylisted, please try again in 300 seconds", 300),
        ("try again in 5 minutes", 300),
        ("Try again in 00:05:00", None),
        ("4.7.1 Please retry after 2 min", 120),
        ("greylisted for 1 hour", 3600),
        ("retry in 90", 90),
        ("try again in 1 second", 10),
        ("try again in 99999 hours", 3600),
        ("try again later", None),
        ("again 4.7.1 blocked", None),
        ("mailbox of 300 seconds is full", None),
        ("", None),
    ],
)
def test_the_relays_own_words_on_when_to_come_back(text: str, seconds: int | None) -> None:
    assert retry_after(text) == seconds


def test_the_relay_may_ask_for_less_a_few_times_only() -> None:
    assert delay(1, 60, 0.0) == MINUTE
    assert delay(3, 60, 0.0) == MINUTE
    assert delay(4, 60, 0.0) == 40 * MINUTE
    assert delay(1, 1800, 0.0) == 30 * MINUTE


def test_the_code_decides_and_the_enhanced_code_tells_policy() -> None:
    assert rule(replied(Phase.RCPT, 450, "5.7.1 odd")).verdict is Verdict.DEFERRED
    assert rule(replied(Phase.RCPT, 550, "5.7.1 spam")).effect is RelayEffect.COUNT_POLICY_REFUSAL
    assert rule(replied(Phase.RCPT, 550, "spam 5.7.1")).effect is RelayEffect.REACHED
    assert rule(replied(Phase.DATA, 552, "5.3.4 too big")).verdict is Verdict.FAILED
    assert rule(replied(Phase.MAIL, 552, "5.3.4 too big")).verdict is Verdict.DEFERRED


@pytest.mark.parametrize("code", [-1, 0, 25, 199, 200, 251, 334, 354, 600, 999])
def test_a_code_that_answers_nothing_is_garbage(code: int) -> None:
    assert replied(Phase.DATA, code, "?").result is Result.GARBAGE
    assert replied(Phase.MAIL, 250, "ok").result is Result.GARBAGE, "only the answer to the dot accepts a mail"


def test_enhanced_codes_stand_at_the_start() -> None:
    assert enhanced_code("5.7.26 DMARC") == "5.7.26"
    assert enhanced_code("5.7.1") == "5.7.1"
    assert enhanced_code("see 5.7.1") is None
    assert enhanced_code("5.7.1234 x") is None


@given(st.text(max_size=3000) | st.binary(max_size=800).map(lambda b: b.decode("utf-8", "surrogateescape")))
@settings(max_examples=150)
def test_a_reply_is_one_short_clean_line(text: str) -> None:
    found = cleaned(text)
    assert len(found) <= 500
    assert found.isprintable()
    found.encode("utf-8")


@given(outcomes, histories)
@settings(max_examples=200)
def test_every_outcome_has_a_legal_end(outcome: Outcome, history: History) -> None:
    decided = decide(outcome, history)
    assert decided.state not in (MailState.SENDING, MailState.WITHHELD)
    assert decided.reason
    assert decided.attempts - history.attempts in (0, 1)
    assert (decided.due_at is not None) == (
        decided.state in (MailState.DUE, MailState.DEFERRED)
        or (decided.state is MailState.PARKED and history.expires_at is not None)
    )
    _never_too_early_nor_too_late(decided, history)
    if decided.state is MailState.SENT:
        assert outcome.accepted, "only the relay's word sends a mail"
    if decided.state is MailState.EXPIRED:
        assert history.expires_at is not None
    if decided.state is MailState.FAILED and decided.reason != "gave_up":
        assert outcome.result in (Result.REFUSED, Result.UNSUPPORTED)


def _never_too_early_nor_too_late(decided: Decision, history: History) -> None:
    if decided.due_at is None or decided.state is MailState.PARKED:
        return
    assert decided.due_at >= min(history.now, history.created_at + GIVE_UP_AFTER)
    if history.expires_at is not None:
        assert decided.due_at < history.expires_at
    if decided.state is MailState.DEFERRED:
        assert decided.due_at - history.now <= 4500 * SECOND


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 1), st.none() | st.integers(10, 3600))
@settings(max_examples=200)
def test_delays_are_bounded_and_grow(attempts: int, jitter: float, other: float, asked: int | None) -> None:
    wait = delay(attempts, asked, jitter)
    assert 10 * SECOND <= wait <= 4500 * SECOND
    assert delay(attempts + 1, asked, jitter) >= wait
    assert (delay(attempts, asked, other) >= wait) == (other >= jitter) or abs(other - jitter) < 1e-6
    if asked is None:
        assert 300 * SECOND <= wait <= 4000 * SECOND


@given(st.lists(outcomes, max_size=60), st.booleans(), st.floats(0, 1))
@settings(max_examples=200)
def test_whatever_happens_nobody_gets_more_than_two_copies(tries: list[Outcome], is_link: bool, jitter: float) -> None:
    """A try that ended inside DATA without a refusal may have delivered a copy."""
    now, attempts, ambiguous, copies = NOW, 0, 0, 0
    expires_at = NOW + DAY if is_link else None
    for outcome in tries:
        may_be_a_copy = rule(outcome).verdict in (Verdict.AMBIGUOUS, Verdict.SENT)
        copies += may_be_a_copy
        decided = decide(
            outcome,
            History(
                now=now,
                created_at=NOW,
                expires_at=expires_at,
                attempts=attempts,
                ambiguous_attempts=ambiguous,
                jitter=jitter,
            ),
        )
        attempts, ambiguous = decided.attempts, decided.ambiguous_attempts
        if decided.state not in (MailState.DUE, MailState.DEFERRED) or decided.due_at is None:
            break
        now = max(now, decided.due_at)
    assert copies <= 2


def test_every_stage_rules_on_every_answer_it_can_get() -> None:
    for phase in Phase:
        for result in Result:
            for code in (None, 421, 450, 550):
                outcome = Outcome(phase, result, code, "5.7.1")
                assert (stage(phase), answer(outcome)) in TABLE
    assert {s for s, _ in TABLE} == set(Stage)


def test_nothing_but_a_broken_data_is_ambiguous() -> None:
    doubtful = [key for key, ruling in TABLE.items() if ruling.verdict is Verdict.AMBIGUOUS]
    assert [s for s, _ in doubtful] == [Stage.DATA]
    assert [s for (s, _), ruling in TABLE.items() if ruling.verdict is Verdict.SENT] == [Stage.DATA]

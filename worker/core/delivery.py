"""Delivery decides what becomes of a mail after one try at the relay: one table, and one pure function over it.

Rules:
- The table is complete: each pair of stage and answer that can happen has one row; the markdown in `docs/delivery.md`
  is made from it.
- A receipt is never lost: what is not surely sent or surely refused is tried again, for five days.
- A loss inside DATA is ambiguous, for the relay may have taken the mail. It goes out once more under the same
  Message-ID and is then parked, so that nobody ever gets more than two copies.
- Trouble before MAIL is the relay's, not the mail's: mails stay due and lose no attempt (see `core.relay`).
"""

from dataclasses import dataclass
from enum import StrEnum

from worker.core.outcome import Outcome, Phase, Result

SECOND = 1_000_000  # microseconds
FIRST_DELAY = 300  # seconds; with the jitter 300 to 4,000 s, as Postfix does (5 to 66 minutes)
LONGEST_DELAY = 3200  # seconds, before the jitter
JITTER = 0.25  # spreads mails deferred in one burst; upwards only, for greylists count their five minutes exactly
SHORT_WAITS = 3  # so often the relay may ask for less than our own delay
GIVE_UP_AFTER = 5 * 86_400 * SECOND  # receipts; RFC 5321, 4.5.4.1: at least 4 to 5 days
SECOND_COPY_AFTER = (2, 8)  # seconds; an ambiguous mail goes out again within 10 s, after the relay's first back-off


class MailState(StrEnum):
    DUE = "due"
    DEFERRED = "deferred"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    PARKED = "parked"  # outcome unknown, for the merchant to decide
    WITHHELD = "withheld"  # the address is suppressed
    EXPIRED = "expired"  # of no use any more; a parked mail whose copy the merchant had sent


class Stage(StrEnum):
    SESSION = "session"  # connect, greeting, EHLO, STARTTLS, AUTH
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"


class Answer(StrEnum):
    TAKEN = "taken"
    CLOSING = "421"
    TEMPORARY = "4xx"
    PERMANENT = "5xx"
    POLICY = "5xx 5.7.x"
    BROKEN = "lost, timeout, garbage"
    INSECURE = "TLS failed or not offered"
    UNRESOLVED = "name not resolved"
    UNSUPPORTED = "not possible here"
    STALE = "kept connection was gone"


class Verdict(StrEnum):
    DUE = "due"  # stays due, no attempt is counted
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    AMBIGUOUS = "ambiguous"


class RelayEffect(StrEnum):
    NONE = "none"
    OK = "ok"  # it took a mail
    REACHED = "reached"  # it took the sender and judged the recipient or the message
    BACK_OFF = "back off"
    PAUSE = "pause"
    COUNT_MAIL_REFUSAL = "count refusal of MAIL"
    COUNT_POLICY_REFUSAL = "count policy refusal"


@dataclass(frozen=True, slots=True)
class Ruling:
    verdict: Verdict
    effect: RelayEffect
    reason: str


_V, _E = Verdict, RelayEffect

TABLE: dict[tuple[Stage, Answer], Ruling] = {
    # Nothing of any mail was shown to the relay: the mails stay due, the relay waits.
    (Stage.SESSION, Answer.CLOSING): Ruling(_V.DUE, _E.BACK_OFF, "relay_busy"),
    (Stage.SESSION, Answer.TEMPORARY): Ruling(_V.DUE, _E.BACK_OFF, "relay_busy"),
    (Stage.SESSION, Answer.PERMANENT): Ruling(_V.DUE, _E.PAUSE, "relay_refused"),
    (Stage.SESSION, Answer.BROKEN): Ruling(_V.DUE, _E.BACK_OFF, "relay_unreachable"),
    (Stage.SESSION, Answer.UNRESOLVED): Ruling(_V.DUE, _E.BACK_OFF, "relay_unreachable"),
    # Never fall back to plain: a stripped STARTTLS is what an attacker between us and the relay would do.
    (Stage.SESSION, Answer.INSECURE): Ruling(_V.DUE, _E.PAUSE, "relay_insecure"),
    (Stage.SESSION, Answer.UNSUPPORTED): Ruling(_V.DUE, _E.PAUSE, "relay_unsuitable"),
    # The sender is ours and the same for all mails: a refusal is rarely this mail's fault.
    (Stage.MAIL, Answer.CLOSING): Ruling(_V.DEFERRED, _E.BACK_OFF, "relay_busy"),
    (Stage.MAIL, Answer.TEMPORARY): Ruling(_V.DEFERRED, _E.NONE, "try_later"),
    (Stage.MAIL, Answer.PERMANENT): Ruling(_V.DEFERRED, _E.COUNT_MAIL_REFUSAL, "sender_refused"),
    (Stage.MAIL, Answer.BROKEN): Ruling(_V.DEFERRED, _E.BACK_OFF, "connection_lost"),
    (Stage.MAIL, Answer.UNSUPPORTED): Ruling(_V.DEFERRED, _E.COUNT_MAIL_REFUSAL, "sender_refused"),
    # Relays close idle connections. A fresh connection can't be stale, so this repeats at most once a connection.
    (Stage.MAIL, Answer.STALE): Ruling(_V.DUE, _E.NONE, "connection_stale"),
    (Stage.RCPT, Answer.CLOSING): Ruling(_V.DEFERRED, _E.BACK_OFF, "relay_busy"),
    (Stage.RCPT, Answer.TEMPORARY): Ruling(_V.DEFERRED, _E.REACHED, "try_later"),
    (Stage.RCPT, Answer.PERMANENT): Ruling(_V.FAILED, _E.REACHED, "recipient_refused"),
    (Stage.RCPT, Answer.POLICY): Ruling(_V.FAILED, _E.COUNT_POLICY_REFUSAL, "policy_refused"),
    (Stage.RCPT, Answer.BROKEN): Ruling(_V.DEFERRED, _E.BACK_OFF, "connection_lost"),
    # No line of SMTP can carry this address, here or later.
    (Stage.RCPT, Answer.UNSUPPORTED): Ruling(_V.FAILED, _E.NONE, "address_unsupported"),
    (Stage.DATA, Answer.TAKEN): Ruling(_V.SENT, _E.OK, "accepted"),
    (Stage.DATA, Answer.CLOSING): Ruling(_V.DEFERRED, _E.BACK_OFF, "relay_busy"),
    (Stage.DATA, Answer.TEMPORARY): Ruling(_V.DEFERRED, _E.REACHED, "try_later"),
    (Stage.DATA, Answer.PERMANENT): Ruling(_V.FAILED, _E.REACHED, "message_refused"),
    (Stage.DATA, Answer.POLICY): Ruling(_V.FAILED, _E.COUNT_POLICY_REFUSAL, "policy_refused"),
    # Whether the dot had gone out can't be told: 354, message, dot and reply are one call of the library.
    # The relay backs off, or a broken one would lead every mail in the queue to ambiguity.
    (Stage.DATA, Answer.BROKEN): Ruling(_V.AMBIGUOUS, _E.BACK_OFF, "ambiguous"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a mail has behind it *before* this outcome. A mail that expires is a link; all others are receipts."""

    now: int
    created_at: int
    expires_at: int | None = None
    attempts: int = 0
    ambiguous_attempts: int = 0
    jitter: float = 0.5  # 0 to 1, drawn by the caller


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write into the mail's row. `due_at` is None in end states; a parked link's is when it expires."""

    state: MailState
    due_at: int | None
    reason: str
    attempts: int
    ambiguous_attempts: int
    effect: RelayEffect


def decide(outcome: Outcome, history: History) -> Decision:
    """The mail's next state after one try. For a mail found `sending` after a crash, pass `crashed()`."""
    ruling = rule(outcome)
    counted = history.attempts + (ruling.verdict is not Verdict.DUE)
    ambiguous = history.ambiguous_attempts + (ruling.verdict is Verdict.AMBIGUOUS)
    state, due_at, reason = _next(ruling, outcome, history)
    return Decision(state, due_at, reason, counted, ambiguous, ruling.effect)


def crashed() -> Outcome:
    """The outcome of a try whose end we never saw, because this program stopped in between."""
    return Outcome(Phase.DATA, Result.LOST, text="Letterkey stopped while this was being sent")


def rule(outcome: Outcome) -> Ruling:
    """The table's row for an outcome."""
    return TABLE[stage(outcome.phase), answer(outcome)]


def stage(phase: Phase) -> Stage:
    return Stage(phase) if phase in (Phase.MAIL, Phase.RCPT, Phase.DATA) else Stage.SESSION


def answer(outcome: Outcome) -> Answer:
    """Groups an outcome; what can't happen at a stage counts there as broken, so that the table is never missed."""
    found = _ANSWERS.get(outcome.result, Answer.BROKEN)
    if outcome.result is Result.REFUSED:
        found = _refusal(outcome)
    return found if (stage(outcome.phase), found) in TABLE else Answer.BROKEN


def delay(attempts: int, asked: int | None, jitter: float) -> int:
    """Microseconds until the next try, after so many counted attempts (this one included)."""
    own = min(FIRST_DELAY * 2 ** min(attempts - 1, 10), LONGEST_DELAY)
    wait = own if asked is None else asked if attempts <= SHORT_WAITS else max(asked, own)
    return int(wait * SECOND * (1 + JITTER * jitter))


def table_as_markdown() -> str:
    """The table for people; `docs/delivery.md` is exactly this."""
    rows = [f"| {s} | {a} | {r.verdict} | {r.effect} | `{r.reason}` |" for (s, a), r in TABLE.items()]
    head = ["| stage | the relay's answer | the mail | the relay | reason |", "|---|---|---|---|---|"]
    return "\n".join([_PREFACE, *head, *rows, "", _CLOSING])


_ANSWERS = {
    Result.ACCEPTED: Answer.TAKEN,
    Result.TLS_FAILED: Answer.INSECURE,
    Result.DNS_FAILED: Answer.UNRESOLVED,
    Result.UNSUPPORTED: Answer.UNSUPPORTED,
    Result.STALE: Answer.STALE,
}


def _refusal(outcome: Outcome) -> Answer:
    """The code decides, never the words; the enhanced code only sets policy apart from a plain 5xx."""
    if outcome.code is None or outcome.code < 400:
        return Answer.BROKEN
    if outcome.code < 500:
        return Answer.CLOSING if outcome.code == 421 else Answer.TEMPORARY
    about_a_recipient = outcome.phase in (Phase.RCPT, Phase.DATA)
    return Answer.POLICY if about_a_recipient and (outcome.enhanced or "").startswith("5.7.") else Answer.PERMANENT


def _next(ruling: Ruling, outcome: Outcome, history: History) -> tuple[MailState, int | None, str]:
    match ruling.verdict:
        case Verdict.SENT:
            return MailState.SENT, None, ruling.reason
        case Verdict.FAILED:
            return MailState.FAILED, None, ruling.reason
        case Verdict.AMBIGUOUS:
            return _second_copy(history)
        case Verdict.DUE:
            return _again(MailState.DUE, history.now, ruling.reason, history)
        case Verdict.DEFERRED:
            later = history.now + delay(history.attempts + 1, outcome.retry_after, history.jitter)
            return _again(MailState.DEFERRED, later, ruling.reason, history)


def _again(state: MailState, due_at: int, reason: str, history: History) -> tuple[MailState, int | None, str]:
    """Try again, unless it would come too late: an expired link opens nothing, a receipt has five days.

    Days in which the relay was paused don't count against a receipt: it fails only after a try of its own."""
    if history.expires_at is not None:
        return (state, due_at, reason) if due_at < history.expires_at else (MailState.EXPIRED, None, "expired")
    if state is MailState.DUE:
        return state, due_at, reason
    last_try = history.created_at + GIVE_UP_AFTER
    if history.now >= last_try:
        return MailState.FAILED, None, "gave_up"
    return state, min(due_at, last_try), reason


def _second_copy(history: History) -> tuple[MailState, int | None, str]:
    """Once more, soon; never a third time, for more than two copies of a receipt look like fraud to a customer."""
    shortest, longest = SECOND_COPY_AFTER
    due_at = history.now + int((shortest + (longest - shortest) * history.jitter) * SECOND)
    if history.expires_at is not None and due_at >= history.expires_at:
        return MailState.EXPIRED, None, "expired"
    if history.ambiguous_attempts:
        return MailState.PARKED, history.expires_at, "ambiguous_twice"
    return MailState.DUE, due_at, "ambiguous"


_PREFACE = """# What becomes of a mail after a try

Made from the table in `worker/core/delivery.py`; a test holds the two equal.
*Session* is everything before MAIL: connect, greeting, EHLO, STARTTLS, AUTH. *Data* is the DATA command, the message, \
the final dot and the answer to it.
"""

_CLOSING = """```
            claim                 about to issue MAIL             250
   due ───────────────► due (leased) ───────────────► sending ───────────► sent
    ▲                                                    │ │ │
    │            stays due: trouble before MAIL          │ │ └─ 5xx at RCPT or DATA ──► failed
    ├────────────────────────────────────────────────────┘ │
    │            ambiguous, the first time: within 10 s    │
    ├──────────────────────────────────────────────────────┼──► parked (ambiguous a second time)
    │  5 to 66 minutes                                     │
 deferred ◄── any other failure before or after the dot ───┘
```

- *due*: stays due, no attempt is counted, however long the relay is away. Links expire in their time.
- *deferred*: again after 5 to 66 minutes, doubling with jitter, or when the relay asked for it ("try again in 60 s"). \
A receipt fails (`gave_up`) with the first such try after five days; a link that would come too late expires.
- *ambiguous*: sent once more within 10 s under the same Message-ID, then parked; a parked link expires in its time.
- *back off*: no new connection for 5 s to 5 minutes, doubling with jitter; then one try at a time until one succeeds.
- *pause*: one mail a minute is tried as a probe; the relay's next success ends the pause.
- *count refusal of MAIL*: three different mails in a row pause the relay.
- *count policy refusal*: 5.7.x for more than half of the last 20 recipients pauses the relay.
"""

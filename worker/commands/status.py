"""`status`: how much waits, for what, and how the relay is."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field

from worker import __version__
from worker.commands.asked import asked_words
from worker.commands.opening import Config, open_desk
from worker.commands.terminal import clock_time, counted, duration, say
from worker.core.inquiry import Inquiry
from worker.core.instant import SECOND
from worker.core.relay import Away, RelayState, opens_at
from worker.store import (
    events,
    inbox,
    inquiries,
    made_settings,
    milestones,
    outbox_counts,
    progress,
    provider_actions,
    relays,
    restoring,
    transactions,
)
from worker.store.engine import Tx
from worker.store.milestones import Milestone
from worker.store.relays import RELAY

_RELAY_REASONS = {
    "relay_refused": "it refused us; look at the user and password in mail.smtp_url",
    "relay_insecure": "its certificate or STARTTLS is no good, and mail doesn't go without; look at mail.smtp_url",
    "relay_unsuitable": "it lacks what we need; look at mail.smtp_url",
    "sender_refused": "it refuses our sender; look at mail.from and what the relay allows",
    "policy_refused": "it refuses most mails for reasons of policy; ask whoever runs it",
}
_AWAY = {
    Away.NAME_UNKNOWN: "its name isn't found; look at mail.smtp_url, and at this machine's DNS",
    Away.NOBODY_THERE: "nobody answers there; look at the host and port in mail.smtp_url, and at firewalls",
    Away.TOO_SLOW: "it takes too long to answer; look at the host and port in mail.smtp_url, and at firewalls",
    Away.NOT_SMTP: "what answers there doesn't speak SMTP; look at the port in mail.smtp_url",
    Away.HUNG_UP: "it hung up",
    Away.BUSY: "it asks us to come back later",
}
_HINT = " (letterkey events list --state quarantined)"
_WAITS_FOR = {
    "address": "an email address",
    "sale": "the sale that they give back",
    "number": "their numbers: which is the next after the restore? (letterkey restore --next-number N)",
}
_HELD = "Numbers       none is taken after the restore, until letterkey restore --next-number N says which is the next"
_IDLE_AFTER = 10 * SECOND
"""A running worker takes what is due at once, even where every wake-up was lost."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is shown."""

    mails: dict[str, int]
    oldest_due: int | None
    events: dict[str, int]
    waiting: dict[str, int]
    quarantined: int
    untouched_since: int | None
    relay: RelayState
    inbox: dict[str, int] = field(default_factory=dict)
    numbers_held: bool = False
    backed_up_at: int | None = None
    made: tuple[str, ...] = ()
    asked: tuple[Inquiry, ...] = ()
    actions: dict[str, int] = field(default_factory=dict)


def status(*, json: bool = False, config: Config = None) -> int:
    """Show how much waits, for what, and whether the relay takes mail.

    For example:

        letterkey status
        letterkey status --json

    Parameters
    ----------
    json
        As one JSON object, for monitoring
    """
    return asyncio.run(_status(config, for_monitoring=json))


async def _status(config: Config, *, for_monitoring: bool) -> int:
    async with open_desk(config) as desk:
        now = desk.clock.now()
        standing = await desk.store.read(lambda tx: _look(tx, now))
        say(as_json(standing, now) if for_monitoring else "\n".join(as_lines(standing, now, desk.timezone)))
    return 0


async def _look(tx: Tx, now: int) -> Standing:
    return Standing(
        mails=await outbox_counts.counts(tx),
        oldest_due=await outbox_counts.oldest_due(tx, now),
        events=await events.counts(tx),
        inbox=await inbox.counts(tx),
        waiting=await transactions.waiting_counts(tx),
        quarantined=(await progress.counts(tx))["quarantined"],
        untouched_since=await transactions.next_due(tx),
        relay=await relays.by_name(tx, RELAY),
        numbers_held=(await restoring.series(tx)).held_at is not None,
        made=tuple((await made_settings.made_settings(tx)).values),
        asked=tuple(await inquiries.open_ones(tx)),
        actions=await provider_actions.counts(tx),
        backed_up_at=backup.at if (backup := await milestones.last(tx, Milestone.BACKUP)) else None,
    )


def as_json(standing: Standing, now: int) -> str:
    """For monitoring: an interface, nothing is added or left out. What is in quarantine counts together."""
    seconds = 0.0 if standing.oldest_due is None else round((now - standing.oldest_due) / SECOND, 3)
    found = {
        "outbox": standing.mails,
        "oldest_due_seconds": seconds,
        "events": standing.events | {"quarantined": standing.events["quarantined"] + standing.quarantined},
        "inbox": standing.inbox,
        "actions": standing.actions,
        "relay": "paused" if standing.relay.paused else "ok",
        "version": __version__,
    }
    return json.dumps(found)


def as_lines(standing: Standing, now: int, timezone: str) -> list[str]:
    """For people."""
    shown = [f"{count} {state}" for state, count in standing.mails.items() if count or state in ("due", "sent")]
    waiting = [
        f"{counted(n, 'waits', 'wait')} for {_WAITS_FOR.get(what, what)}" for what, n in standing.waiting.items()
    ]
    if standing.quarantined:
        waiting.append(f"{standing.quarantined} quarantined{_HINT}")
    quarantined = standing.events["quarantined"]
    return [
        f"Mails         {', '.join(shown)}",
        *([] if opens_at(standing.relay) else _idle("Oldest mail", standing.oldest_due, now)),
        f"Relay         {_relay(standing.relay, now, timezone)}",
        f"Transactions  {', '.join(waiting) or 'none waits'}",
        *_asked(standing.asked),
        *_idle("Oldest sale", standing.untouched_since, now),
        *([_HELD] if standing.numbers_held else []),
        f"Events        {standing.events['waiting']} waiting, {quarantined} quarantined{_HINT if quarantined else ''}",
        *_actions(standing.actions),
        *([f"Console       {', '.join(standing.made)} set there, over the file"] if standing.made else []),
        f"Last backup   {_backup(standing.backed_up_at, now, timezone)}",
        f"Version       {__version__}",
    ]


def _asked(asked: tuple[Inquiry, ...]) -> list[str]:
    """What became of asking for the addresses that receipts wait for; what is the same is said once."""
    counts = Counter(asked_words(each) for each in asked)
    return [f"Addresses     {n} missing: {words}" for words, n in counts.items()]


def _actions(counts: dict[str, int]) -> list[str]:
    """What providers are asked to do, where anything is open."""
    said = {"due": "due", "accepted": "not confirmed yet", "manual": "to be done by hand"}
    shown = ", ".join(f"{n} {said[state]}" for state, n in counts.items() if n)
    return [f"Actions       {shown} (letterkey actions list)"] if shown else []


def _backup(at: int | None, now: int, timezone: str) -> str:
    if at is None:
        return "none yet by letterkey backup"
    return f"{clock_time(at, timezone).strip()}, {duration((now - at) / SECOND)} ago"


def _idle(label: str, since: int | None, now: int) -> list[str]:
    """What has been due for so long that a worker would have taken it."""
    if since is None or now - since < _IDLE_AFTER:
        return []
    return [f"{label}   due for {duration((now - since) / SECOND)}; is letterkey run running?"]


def _relay(state: RelayState, now: int, timezone: str) -> str:
    again = opens_at(state)
    next_try = f"; next try at {clock_time(max(again, now), timezone)}" if again is not None else ""
    if state.paused_at is not None:
        why = _RELAY_REASONS.get(state.reason or "", state.reason or "no reason is known")
        return f"paused since {clock_time(state.paused_at, timezone)}: {why}{next_try}. Nothing is lost."
    if again is not None:
        why = f": {_AWAY[state.away]}" if state.away is not None else ""
        return f"can't be reached just now{why}{next_try}. Nothing is lost."
    return "ok"

"""`status`: how much waits, for what, and how the relay is."""

import asyncio
import json
from dataclasses import dataclass

from worker import __version__
from worker.commands.opening import Config, Desk, open_desk
from worker.commands.terminal import clock_time, counted, duration, say
from worker.core.instant import SECOND
from worker.core.relay import RelayState, opens_at
from worker.exit.health import RELAY
from worker.store import events, outbox, transactions
from worker.store.engine import Tx

_RELAY_REASONS = {
    "relay_refused": "it refused us; look at the user and password in mail.smtp_url",
    "relay_insecure": "its certificate or STARTTLS is no good, and mail doesn't go without; look at mail.smtp_url",
    "relay_unsuitable": "it lacks what we need; look at mail.smtp_url",
    "sender_refused": "it refuses our sender; look at mail.from and what the relay allows",
    "policy_refused": "it refuses most mails for reasons of policy; ask whoever runs it",
}
_WAITS_FOR = {"address": "an email address", "sale": "the sale that they give back"}


@dataclass(frozen=True, slots=True)
class _Standing:
    """All that is shown."""

    mails: dict[str, int]
    oldest_due: int | None
    events: dict[str, int]
    waiting: dict[str, int]
    relay: RelayState


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
    return asyncio.run(_status(config, as_json=json))


async def _status(config: Config, *, as_json: bool) -> int:
    async with open_desk(config) as desk:
        now = desk.clock.now()
        standing = await desk.store.read(lambda tx: _look(tx, now))
        say(_as_json(standing, now) if as_json else "\n".join(_as_lines(standing, now, desk)))
    return 0


async def _look(tx: Tx, now: int) -> _Standing:
    return _Standing(
        mails=await outbox.counts(tx),
        oldest_due=await outbox.oldest_due(tx, now),
        events=await events.counts(tx),
        waiting=await transactions.waiting_counts(tx),
        relay=await outbox.relay(tx, RELAY),
    )


def _as_json(standing: _Standing, now: int) -> str:
    seconds = 0.0 if standing.oldest_due is None else round((now - standing.oldest_due) / SECOND, 3)
    found = {
        "outbox": standing.mails,
        "oldest_due_seconds": seconds,
        "events": standing.events,
        "inbox": {},
        "relay": "paused" if standing.relay.paused else "ok",
        "version": __version__,
    }
    return json.dumps(found)


def _as_lines(standing: _Standing, now: int, desk: Desk) -> list[str]:
    shown = [f"{count} {state}" for state, count in standing.mails.items() if count or state in ("due", "sent")]
    lines = [f"Mails         {', '.join(shown)}"]
    if standing.oldest_due is not None:
        lines.append(f"Oldest due    for {duration((now - standing.oldest_due) / SECOND)}")
    lines.append(f"Relay         {_relay(standing.relay, now, desk.timezone)}")
    waiting = [
        f"{counted(n, 'waits', 'wait')} for {_WAITS_FOR.get(what, what)}" for what, n in standing.waiting.items()
    ]
    lines.append(f"Transactions  {', '.join(waiting) or 'none waits'}")
    quarantined = standing.events["quarantined"]
    hint = " (letterkey events list --state quarantined)" if quarantined else ""
    lines.append(f"Events        {standing.events['waiting']} waiting, {quarantined} quarantined{hint}")
    return [*lines, f"Version       {__version__}"]


def _relay(state: RelayState, now: int, timezone: str) -> str:
    again = opens_at(state)
    next_try = f"; next try at {clock_time(max(again, now), timezone)}" if again is not None else ""
    if state.paused_at is not None:
        why = _RELAY_REASONS.get(state.reason or "", state.reason or "no reason is known")
        return f"paused since {clock_time(state.paused_at, timezone)}: {why}{next_try}. Nothing is lost."
    if again is not None:
        return f"can't be reached just now{next_try}. Nothing is lost."
    return "ok"

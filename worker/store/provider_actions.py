"""Provider actions: what is wanted of a provider, who has it in hand, and what was heard of it."""

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields

from worker.core.cancelling import Cancel
from worker.core.open_action import CANCELS, OPEN, ActionState, Way
from worker.core.provider_action import Verb
from worker.store.engine import Row, Tx

LEASE_SECONDS = 90
"""Longer than a conversation may take: who asks needs no renewing, and after a crash it is asked again so soon."""


@dataclass(frozen=True, slots=True)
class ActionRow:
    """An action. `ref` is the subscription, or `customer_ref` the customer, as the source calls them.

    What has a default comes later, of what is done with it. `ends_at` is when it takes effect, as the customer was
    told. `words` are the last that was heard of it, `reason` is the customer's own. `done_by` is who confirmed it: the
    merchant or the provider. `leased`: somebody may be asking.
    """

    id: str
    verb: Verb
    source: str
    ref: str | None
    customer_ref: str | None
    customer_id: str
    way: Way
    state: ActionState
    key: str
    details: str | None
    requested_at: int
    ends_at: int
    due_at: int
    link_id: str
    message_domain: str
    attempts: int = 0
    leased: bool = False
    accepted_at: int | None = None
    words: str | None = None
    reason: str | None = None
    done_at: int | None = None
    done_by: str | None = None

    @property
    def open(self) -> bool:
        """It is still to be done, or to be confirmed."""
        return self.state in OPEN

    @property
    def told(self) -> bool:
        """Somebody outside may have heard of it."""
        return self.leased or self.attempts > 0 or self.state is not ActionState.DUE

    @property
    def name(self) -> tuple[str, str]:
        """The subscription's (source, reference)."""
        assert self.ref is not None, "asked of what is about a subscription"
        return self.source, self.ref

    @property
    def cancel(self) -> Cancel:
        """What the rules of cancelling look at."""
        return Cancel(self.ends_at, self.done_at, self.done_by)


@dataclass(frozen=True, slots=True)
class Called:
    """What becomes of an action after a call. `due_at` is when it is asked again, where it is."""

    id: str
    state: str
    attempts: int
    due_at: int
    accepted_at: int | None
    words: str | None


@dataclass(frozen=True, slots=True)
class ActionAttempt:
    """One call, with the provider's words, cut. `status` is HTTP's, None where no answer came."""

    id: str
    action_id: str
    ended_at: int
    way: str
    result: str
    status: int | None
    words: str


async def add(tx: Tx, new: ActionRow) -> bool:
    """Keep an action; False where one is open."""
    return await tx.one("action_insert", **{name: getattr(new, name) for name in _NEW}) is not None


async def by_id(tx: Tx, action_id: str) -> ActionRow | None:
    """The action of an id."""
    return _action(await tx.one("action_by_id", id=action_id))


async def by_link(tx: Tx, link_id: str) -> ActionRow | None:
    """The action that the merchant's link names."""
    return _action(await tx.one("action_by_link", link_id=link_id))


async def open_of(tx: Tx, source: str, ref: str) -> ActionRow | None:
    """The action of a subscription that nobody confirmed yet."""
    return _action(await tx.one("action_open", source=source, ref=ref))


async def open_of_details(tx: Tx, source: str, customer_ref: str) -> ActionRow | None:
    """The change of a customer's details that nobody confirmed yet."""
    return _action(await tx.one("action_open_details", source=source, customer_ref=customer_ref))


async def of_customer(tx: Tx, customer_id: str) -> list[ActionRow]:
    """All actions for a customer, oldest first."""
    return [action_of(row) for row in await tx.all("actions_of", customer_id=customer_id)]


async def cancels_of(tx: Tx, customer_id: str) -> dict[tuple[str, str], ActionRow]:
    """The cancellation that stands for each of a customer's subscriptions, by (source, ref)."""
    return cancels_among(await of_customer(tx, customer_id))


def cancels_among(actions: Sequence[ActionRow]) -> dict[tuple[str, str], ActionRow]:
    """Those that stand, of one customer's actions in their order: what was called off or undone since does not."""
    stands: dict[tuple[str, str], ActionRow] = {}
    for row in actions:
        if row.verb in CANCELS and row.state is not ActionState.CALLED_OFF:
            stands[row.name] = row
        elif row.verb is Verb.UNDO_CANCEL and row.state is ActionState.DONE:
            stands.pop(row.name, None)
    return stands


async def open_cancels_before(tx: Tx, before: int) -> int:
    """How many cancellations were asked for until then and are still open."""
    row = await tx.one("cancels_open_before", before=before)
    return int(row["n"]) if row is not None else 0


async def done(tx: Tx, action_id: str, now: int, by: str) -> ActionRow | None:
    """It is confirmed; None where it isn't open."""
    return _action(await tx.one("action_done", id=action_id, done_at=now, done_by=by))


async def call_off(tx: Tx, action_id: str, now: int) -> ActionRow | None:
    """It isn't wanted any more; None where it isn't open."""
    return _action(await tx.one("action_call_off", id=action_id, now=now))


async def give_reason(tx: Tx, action_id: str, customer_id: str, reason: str | None) -> bool:
    """Keep why, in the customer's words; False where it is nobody's, or another's."""
    return await tx.one("action_reason", id=action_id, customer_id=customer_id, reason=reason) is not None


async def sources_due(tx: Tx, now: int) -> list[str]:
    """The sources of which something is to be asked now."""
    return [row["source"] for row in await tx.all("action_sources_due", now=now)]


async def claim(tx: Tx, source: str, owner: str, now: int, most: int) -> list[ActionRow]:
    """Lease up to `most` due actions of one source to `owner`."""
    rows = await tx.all("action_claim", source=source, owner=owner, now=now, seconds=LEASE_SECONDS, most=most)
    return sorted((action_of(row) for row in rows), key=lambda row: (row.due_at, row.id))


async def settle(tx: Tx, owner: str, called: Called) -> ActionRow | None:
    """Write down what becomes of a leased action; None where the lease is lost, or it was settled meanwhile."""
    values = {name: getattr(called, name) for name in Called.__dataclass_fields__}
    return _action(await tx.one("action_settle", owner=owner, **values))


async def release(tx: Tx, owner: str, action_id: str) -> None:
    """Nobody asks of it any more."""
    await tx.run("action_release", id=action_id, owner=owner)


async def end_leases(tx: Tx) -> None:
    """End every lease: only where this process is known to be alone."""
    await tx.run("actions_end_leases")


async def next_due(tx: Tx) -> int | None:
    """When the next action that nobody has in hand is due (UTC microseconds)."""
    row = await tx.one("action_next_due")
    return None if row is None else row["due_at"]


async def again(tx: Tx, action_id: str, key: str, way: Way, now: int) -> ActionRow | None:
    """Have it asked once more, from the start; None where it isn't open, or is being asked just now."""
    return _action(await tx.one("action_again", id=action_id, key=key, way=way.value, now=now))


async def add_attempt(tx: Tx, attempt: ActionAttempt) -> None:
    """Keep how a call ended."""
    await tx.run("action_attempt_insert", **{name: getattr(attempt, name) for name in _ATTEMPT})


async def attempts_of(tx: Tx, action_id: str) -> list[ActionAttempt]:
    """The calls of one action, oldest first."""
    rows = await tx.all("action_attempts_of", action_id=action_id)
    return [ActionAttempt(*(row[name] for name in _ATTEMPT)) for row in rows]


async def counts(tx: Tx) -> dict[str, int]:
    """How many actions are in each open state."""
    found = {row["state"]: int(row["n"]) for row in await tx.all("actions_counts")}
    return {state.value: found.get(state.value, 0) for state in OPEN}


async def closed_endpoint(tx: Tx, endpoint: str) -> str | None:
    """The address at which an endpoint wants to hear no more."""
    row = await tx.one("endpoint_gone", name=endpoint)
    return None if row is None else str(row["url"])


async def close_endpoint(tx: Tx, endpoint: str, url: str, now: int) -> None:
    """It wants to hear no more at this address."""
    await tx.run("endpoint_close", name=endpoint, url=url, now=now)


async def open_endpoint(tx: Tx, endpoint: str) -> None:
    """It is told again."""
    await tx.run("endpoint_open", name=endpoint)


_ATTEMPT = tuple(ActionAttempt.__dataclass_fields__)
_NEW = tuple(each.name for each in fields(ActionRow) if each.default is MISSING)
_PLAIN = tuple(name for name in ActionRow.__dataclass_fields__ if name not in ("verb", "way", "state", "leased"))


def action_of(row: Row) -> ActionRow:
    """A row as a value."""
    return ActionRow(
        **{name: row[name] for name in _PLAIN},
        verb=Verb(row["verb"]),
        way=Way(row["way"]),
        state=ActionState(row["state"]),
        leased=row["lease"] is not None,
    )


def _action(row: Row | None) -> ActionRow | None:
    return None if row is None else action_of(row)

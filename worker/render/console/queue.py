"""The merchant's pages of what waits: queue and quarantine, and suppressed addresses.

Rules: each says why it waits and since when, and what can be done; what strangers wrote is shown and never obeyed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from worker.core.inquiry import Inquiry, Standing
from worker.core.wellbeing import MOST
from worker.render import formats, names
from worker.render.brand import Brand
from worker.render.console.customers import kind_words
from worker.render.console.frame import Viewer, render_console, setting_of
from worker.render.console.listing import Line, short, waited, when
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting

QUEUE, SUPPRESSIONS = "/console/queue", "/console/suppressions"


@dataclass(frozen=True, slots=True)
class Held:
    """An event, a transaction or a mail that came in, which waits or is in quarantine; `source` is empty for a mail."""

    id: str
    source: str
    name: str
    since: int
    reason: str | None = None
    field: str | None = None
    waits_for: str | None = None
    asked: Inquiry | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits and what is in quarantine, each list the oldest first and no longer than a page. `mails` are those to
    send: how many of each state, up to what is counted."""

    mails: Mapping[str, int]
    waiting: Sequence[Held] = ()
    events: Sequence[Held] = ()
    transactions: Sequence[Held] = ()
    inbox: Sequence[Held] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """One of them, its secrets masked. `again`: it can be tried again."""

    held: Held
    kind: str
    state: str
    headers: Mapping[str, str]
    body: str | None
    again: bool
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """An address that gets no mails, why and since when; `liftable` where no complaint did it."""

    address: str
    since: int
    words: str
    liftable: bool


@dataclass(frozen=True, slots=True)
class _Group:
    reason: str
    shown: str
    lines: tuple[Line, ...]


def render_queue(env: Stationery, brand: Brand, viewer: Viewer, queue: Queue, done: str | None) -> str:
    """What waits, and what is in quarantine."""
    setting = setting_of(env, viewer)
    values = {
        "mails": _mails(queue, setting),
        "waiting": [_line(each, setting) for each in queue.waiting],
        "groups": _groups(queue.events, setting),
        "transactions": [_line(each, setting) for each in queue.transactions],
        "inbox": [_line(each, setting) for each in queue.inbox],
        "done": _done(done, setting),
    }
    return render_console(env, brand, viewer, "queue", values)


def render_held(env: Stationery, brand: Brand, viewer: Viewer, shown: Shown) -> str:
    """One thing that waits or is in quarantine, as it came in."""
    setting = setting_of(env, viewer)
    _ = setting.words.gettext
    states = {
        "waiting": _("Waits"),
        "quarantined": _("In quarantine"),
        "ignored": _("Ignored"),
        "understood": _("Understood"),
        "settled": _("Settled"),
        "due": _("On its way to a receipt"),
        "done": _("Done"),
        "merged": _("Told twice"),
    }
    kinds = {"event": _("Event"), "transaction": _("Transaction"), "mail": _("Mail that came in")}
    values = {
        "here": "queue",
        "shown": shown,
        "kind": kinds[shown.kind],
        "name": short(_name(shown.held, setting)),
        "state": states.get(shown.state, shown.state),
        "why": _why(shown.held, setting),
        "since": when(shown.held.since, setting),
        "headers": [(name, short(value)) for name, value in shown.headers.items()],
    }
    return render_console(env, brand, viewer, "held", values)


def render_suppressions(
    env: Stationery, brand: Brand, viewer: Viewer, blocked: Sequence[Blocked], page: tuple[str | None, str | None]
) -> str:
    """The addresses that get no mails. `page`: what a press came to, and where the next page begins."""
    setting = setting_of(env, viewer)
    _ = setting.words.gettext
    words = {
        True: _("Suppressed since %(date)s: mails to it came back."),
        False: _("Suppressed since %(date)s: its reader complained. What they ask for themselves still goes."),
    }
    rows = [(each, words[each.liftable] % {"date": setting.day(each.since)}, short(each.words)) for each in blocked]
    done, before = page
    values = {"rows": rows, "done": _done(done, setting), "older": before and f"{SUPPRESSIONS}?before={quote(before)}"}
    return render_console(env, brand, viewer, "suppressions", values)


def _mails(queue: Queue, setting: Setting) -> list[tuple[str, str, str]]:
    """State, words and how many, for those that wait."""
    _ = setting.words.gettext
    said = {
        "due": _("Due"),
        "deferred": _("Deferred"),
        "parked": _("Parked"),
        "withheld": _("Withheld"),
    }
    return [
        (state, words, _counted(queue.mails[state], setting)) for state, words in said.items() if queue.mails.get(state)
    ]


def _counted(count: int, setting: Setting) -> str:
    shown = formats.whole(min(count, MOST), setting.locale)
    return setting.words.gettext("more than %(number)s") % {"number": shown} if count > MOST else shown


def _groups(events: Sequence[Held], setting: Setting) -> list[_Group]:
    """Events in quarantine by their reason, the longest waiting first."""
    grouped: dict[str, list[Held]] = {}
    for each in events:
        grouped.setdefault(each.reason or "", []).append(each)
    return [
        _Group(reason, short(reason), tuple(_line(each, setting) for each in held)) for reason, held in grouped.items()
    ]


def _line(held: Held, setting: Setting) -> Line:
    small = (short(_why(held, setting)), _where(held, setting))
    return Line(
        short(_name(held, setting)),
        f"{QUEUE}/{held.id}",
        tuple(filter(None, small)),
        waited(held.since, setting),
    )


def _where(held: Held, setting: Setting) -> str:
    at = when(held.since, setting)
    return f"{names.provider(held.source)} · {at}" if held.source else at


def _name(held: Held, setting: Setting) -> str:
    _ = setting.words.gettext
    if not held.source:
        return _("Mail from %(sender)s") % {"sender": held.name or "<>"}
    return kind_words(held.name, setting)


def _why(held: Held, setting: Setting) -> str:
    _ = setting.words.gettext
    waits = {
        "address": _("It waits for an email address: the provider’s event about the customer brings it."),
        "sale": _("It waits for the sale that it gives back."),
        "number": _("It waits for its number: say which is the next, with letterkey restore --next-number."),
    }
    reasons = {
        "restored": _("Set aside: it happened before the restore, so it may have been issued already."),
    }
    if held.asked is not None:
        return _asked(held.asked, setting)
    if held.waits_for:
        return waits.get(held.waits_for, held.waits_for)
    why = reasons.get(held.reason or "", held.reason or "")
    return _("%(reason)s, at %(field)s") % {"reason": why, "field": held.field} if held.field else why


def _asked(asked: Inquiry, setting: Setting) -> str:
    """What became of asking the provider for the address."""
    _ = setting.words.gettext
    said = {
        Standing.ASKING: _("It waits for the customer’s address; asking %(provider)s."),
        Standing.NO_ADDRESS: _("It waits for the customer’s address; asked %(provider)s, which has none."),
        Standing.LOST: _("It waits for the customer’s address; asked %(provider)s, which doesn’t know the customer."),
        Standing.DENIED: _(
            "It waits for the customer’s address; %(provider)s refuses the key in sources.%(source)s.api_key."
        ),
        Standing.FAILED: _(
            "It waits for the customer’s address; asked %(provider)s, whose answer is not understood: %(reason)s"
        ),
    }
    values = {"provider": names.provider(asked.source), "source": asked.source, "reason": short(asked.reason or "")}
    return said[asked.standing] % values


def _done(done: str | None, setting: Setting) -> str | None:
    _ = setting.words.gettext
    said = {
        "again": _("It is tried again."),
        "before": _("That was said before; nothing more was done."),
        "lifted": _("The suppression is lifted. What was withheld and is still of use goes out now."),
        "kept": _("Nothing was lifted: it isn’t suppressed because of mails that came back."),
    }
    return said.get(done or "")

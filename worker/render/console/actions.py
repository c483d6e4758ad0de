"""The merchant's page of provider actions: for whom, where each stands, what was said, and what can be pressed.

Rules: what a person must do comes first; what strangers' servers said is shown and never obeyed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.open_action import CANCELS, ActionState, Way
from worker.core.provider_action import Verb
from worker.render import names
from worker.render.brand import Brand
from worker.render.console.frame import Viewer, render_console, setting_of
from worker.render.console.listing import short, waited, when
from worker.render.press_pages import wish_words
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting

ACTIONS = "/console/actions"


@dataclass(frozen=True, slots=True)
class Try:
    """One call; `status` is HTTP's, None where no answer came."""

    at: int
    result: str
    status: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Open:
    """An action that is to be done or confirmed. `asked` counts the calls, of which `tries` are the last; `again`: it
    can be asked of a program."""

    id: str
    verb: Verb
    way: Way
    state: ActionState
    source: str
    ref: str
    customer_id: str
    customer: str
    plan: str | None
    since: int
    ends_at: int
    reason: str | None = None
    words: str | None = None
    next_at: int | None = None
    asked: int = 0
    tries: tuple[Try, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    open: Open
    lines: tuple[str, ...]
    tries: tuple[str, ...]


def render_actions(env: Stationery, brand: Brand, viewer: Viewer, found: Sequence[Open], done: str | None) -> str:
    """The page."""
    setting = setting_of(env, viewer)
    rows = [_Row(each, _lines(each, setting), _tries(each, setting)) for each in found]
    by_hand = [row for row in rows if row.open.state is ActionState.MANUAL]
    values = {
        "todo": by_hand,
        "under_way": [row for row in rows if row.open.state is not ActionState.MANUAL],
        "done": _done(done, setting),
    }
    return render_console(env, brand, viewer, "actions", values)


def _lines(each: Open, setting: Setting) -> tuple[str, ...]:
    _ = setting.words.gettext
    values = {
        "wish": wish_words(each.verb, setting.words),
        "provider": names.provider(each.source),
        "ref": short(each.ref),
        "date": setting.day(each.ends_at),
    }
    said = [
        _("%(wish)s: %(ref)s at %(provider)s, to end on %(date)s.") % values
        if each.verb in CANCELS
        else _("%(wish)s: %(ref)s at %(provider)s.") % values,
        _stands(each, setting),
        _("It waits since %(moment)s, for %(long)s.")
        % {"moment": when(each.since, setting), "long": waited(each.since, setting)},
    ]
    if each.state is ActionState.MANUAL and each.words:
        said.append(_("Why it is yours to do: %(words)s") % {"words": short(each.words)})
    if each.reason:
        said.append(_("The customer’s reason: “%(reason)s”") % {"reason": short(each.reason)})
    return tuple(said)


def _stands(each: Open, setting: Setting) -> str:
    _ = setting.words.gettext
    if each.state is ActionState.MANUAL:
        return _("To be done by hand.")
    if each.state is ActionState.ACCEPTED:
        return _("Asked and taken; the word that it is so is still to come.")
    if each.next_at is None:
        return _("About to be asked.")
    return _("Not taken yet; asked again at %(moment)s.") % {"moment": when(each.next_at, setting)}


def _tries(each: Open, setting: Setting) -> tuple[str, ...]:
    _ = setting.words.gettext
    results = {
        "told": _("it said how things stand"),
        "heard": _("taken"),
        "later": _("later"),
        "denied": _("the key is refused"),
        "lost": _("not known there"),
        "failed": _("not done"),
        "gone": _("it wants to hear no more"),
    }
    shown = []
    for one in each.tries:
        status = f" ({one.status})" if one.status is not None else ""
        words = f": {short(one.words)}" if one.words else ""
        shown.append(f"{when(one.at, setting)}  {results.get(one.result, one.result)}{status}{words}")
    return tuple(shown)


def _done(done: str | None, setting: Setting) -> str | None:
    _ = setting.words.gettext
    said = {
        "done": _("Noted as done. Who cancelled is told by mail."),
        "before": _("That was said before; nothing more was done."),
        "again": _("It is asked again."),
        "not_again": _("It can’t be asked just now: it is done, is being asked, or only a person can do it."),
    }
    return said.get(done or "")

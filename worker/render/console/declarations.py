"""The merchant's page of declarations: what was cancelled or withdrawn from without signing in, and who must see to it.

Rules: those that wait come first, the longest waiting before all; each shows what was typed, which is never obeyed, and
what it fits; nobody is taken for the customer whose address was typed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.declaration import Declaration
from worker.render.brand import Brand
from worker.render.console.frame import Viewer, render_console, setting_of
from worker.render.console.listing import short, waited, when
from worker.render.declaration_pages import facts_of
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting

DECLARATIONS = "/console/declarations"


@dataclass(frozen=True, slots=True)
class Shown:
    """A declaration. `customer` is whose address it names, `owner` whose number, each (id, address); `proven`: that
    customer was in; `asked`: the provider is asked because of it. Times are UTC microseconds.
    """

    id: str
    said: Declaration
    received_at: int
    customer: tuple[str, str] | None = None
    owner: tuple[str, str] | None = None
    proven: bool = False
    asked: bool = False
    settled: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    facts: tuple[tuple[str, str], ...]
    since: str
    fits: str
    people: tuple[tuple[str, str], ...]
    seen_to: str | None


def render_declarations(
    env: Stationery, brand: Brand, viewer: Viewer, found: tuple[Sequence[Shown], Sequence[Shown]], done: str | None
) -> str:
    """`found`: those that wait, and those that somebody saw to."""
    setting = setting_of(env, viewer)
    waiting, seen = ([_row(each, setting) for each in group] for group in found)
    values = {"waiting": waiting, "seen": seen, "done": _done(done, setting)}
    return render_console(env, brand, viewer, "declarations", values)


def _row(shown: Shown, setting: Setting) -> _Row:
    _ = setting.words.gettext
    since = _("Received: %(moment)s") % {"moment": when(shown.received_at, setting)}
    if shown.settled is None:
        since = _("Received: %(moment)s, %(long)s ago") % {
            "moment": when(shown.received_at, setting),
            "long": waited(shown.received_at, setting),
        }
    seen_to = shown.settled and _("Seen to on %(moment)s by %(who)s") % {
        "moment": when(shown.settled[0], setting),
        "who": short(shown.settled[1]),
    }
    facts = tuple((label, short(value)) for label, value in facts_of(shown.said, setting.words, setting.locale))
    people = tuple(dict.fromkeys(each for each in (shown.customer, shown.owner) if each is not None))
    return _Row(shown.id, facts, since, _fits(shown, setting), people, seen_to or None)


def _fits(shown: Shown, setting: Setting) -> str:
    _ = setting.words.gettext
    if shown.asked:
        return _("The provider is asked to end the subscription that it names.")
    if shown.proven:
        return _("The customer was signed in.")
    if shown.customer is not None and shown.customer == shown.owner:
        return _("Address and number are those of one customer. Who it was is not proven.")
    if shown.customer is not None:
        return _("The address is a customer’s; the number isn’t known to be theirs. Who it was is not proven.")
    if shown.owner is not None:
        return _("The address is nobody’s, but the number is a customer’s. Who it was is not proven.")
    return _("Neither the address nor a number is known.")


def _done(done: str | None, setting: Setting) -> str | None:
    _ = setting.words.gettext
    said = {
        "done": _("Noted: you saw to it."),
        "before": _("That was said before; nothing more was done."),
    }
    return said.get(done or "")

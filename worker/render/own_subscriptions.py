"""A subscription as its owner's pages show it: with what is under way, and what its owner can do.

Rules: what nobody confirmed yet is shown as received; "cancelled" and "paused" are said only after.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.core.cancelling import ReceivedNotice, Standing
from worker.core.plans import Plan
from worker.core.provider_action import Verb
from worker.core.rights import Act
from worker.render import formats
from worker.render.subscriptions import Door, Setting, ShownPlan, shown_plan
from worker.render.words import Words


@dataclass(frozen=True, slots=True)
class Own:
    """A subscription of this customer's, whose pages lie below `url`.

    `acts` are what can be asked for, `at_once` that it can also be ended before what is paid for is used up, `card`
    that its card has a page. `ends_at` is when it ends: as it was asked for at `asked_at`, else if it were asked now.
    `under_way` is what is open beside a cancellation, `pay_url` where what is overdue can be paid.
    """

    plan: Plan
    standing: Standing
    url: str
    ends_at: int | None = None
    asked_at: int | None = None
    under_way: Verb | None = None
    acts: tuple[Act, ...] = ()
    at_once: bool = False
    card: bool = False
    pay_url: str | None = None


def shown_own(own: Own, setting: Setting) -> ShownPlan:
    """The subscription as its owner's pages show it."""
    shown = replace(shown_plan(own.plan, setting), doors=_doors(own, setting.words))
    if own.asked_at is not None and (own.standing is Standing.CANCELLING or own.under_way is not None):
        state, asked = _received(own, setting.words)
        return replace(shown, state=state, mark="◑", next=asked % {"date": setting.day(own.asked_at)})
    if own.standing is Standing.CANCELLED and not own.plan.ended and own.plan.subscription.cancel_at is None:
        said = setting.words.gettext("Cancelled")
        return replace(shown, state=said, mark="○", next=_ended(own, setting), ended=True)
    return shown


def notices_said(received: Sequence[ReceivedNotice], setting: Setting) -> tuple[str, ...]:
    """That mails which declare an end were received, and when: nothing was ended by them alone."""
    _ = setting.words.gettext
    proven = _("Your cancellation notice of %(moment)s was received. A person reads it and answers you.")
    unproven = _(
        "A cancellation notice in your name was received on %(moment)s. A person reads it and answers you. We don't "
        "know for sure that it came from you: if it wasn't you, please tell us."
    )
    moments = ((each, formats.moment(each.at, setting.timezone, setting.locale)) for each in received)
    return tuple((proven if each.proven else unproven) % {"moment": moment} for each, moment in moments)


def _doors(own: Own, words: Words) -> tuple[Door, ...]:
    _ = words.gettext
    labels = {
        Act.CANCEL: _("Cancel"),
        Act.UNDO: _("Keep it after all"),
        Act.PAUSE: _("Pause"),
        Act.RESUME: _("Resume"),
    }
    pay = (Door(own.pay_url, _("Pay now")),) if own.pay_url else ()
    card = (Door(f"{own.url}/card", _("Change the card")),) if own.card else ()
    return (
        *pay,
        *card,
        *(Door(f"{own.url}/{act.value}", labels[act]) for act in (*_GENTLE, Act.CANCEL) if act in own.acts),
    )


_GENTLE = (Act.UNDO, Act.RESUME, Act.PAUSE)


def _received(own: Own, words: Words) -> tuple[str, str]:
    """What is under way, in a word and in a sentence that holds the day it was asked for."""
    _ = words.gettext
    match own.under_way:
        case Verb.PAUSE:
            return _("Pause received"), _("You asked to pause it on %(date)s. We’ll mail you once it is done.")
        case Verb.RESUME:
            return _("Received"), _("You asked on %(date)s to have it go on. We’ll mail you once it is done.")
        case Verb.UNDO_CANCEL:
            return _("Received"), _("You asked on %(date)s to keep it. We’ll mail you once it is done.")
        case _:
            asked = _("You asked to cancel it on %(date)s. We’ll mail you once it is done.")
            return _("Cancellation received"), asked


def _ended(own: Own, setting: Setting) -> str:
    _ = setting.words.gettext
    if own.ends_at is not None and own.ends_at > setting.now:
        return _("It ends on %(date)s; nothing more will be charged.") % {"date": setting.day(own.ends_at)}
    return _("Nothing more will be charged.")

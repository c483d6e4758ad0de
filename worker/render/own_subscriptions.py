"""A subscription as its owner's pages show it: with its cancellation, and where it can be cancelled.

Rules: a cancellation that nobody confirmed yet is shown as open; "cancelled" is said only after.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.core.cancelling import ReceivedNotice, Standing
from worker.core.plans import Plan
from worker.render import formats
from worker.render.subscriptions import Setting, ShownPlan, shown_plan


@dataclass(frozen=True, slots=True)
class Own:
    """A subscription of this customer's. `url` is where it can be cancelled, None where it can't."""

    plan: Plan
    standing: Standing
    ends_at: int | None = None
    asked_at: int | None = None
    url: str | None = None


def shown_own(own: Own, setting: Setting) -> ShownPlan:
    """The subscription as its owner's pages show it, its cancellation included."""
    shown, _ = replace(shown_plan(own.plan, setting), cancel_url=own.url), setting.words.gettext
    if own.standing is Standing.CANCELLING and own.asked_at is not None:
        asked = _("You asked to cancel it on %(date)s. We’ll mail you once it is done.")
        return replace(
            shown,
            state=_("Cancellation received"),
            mark="◑",
            next=asked % {"date": setting.day(own.asked_at)},
        )
    if own.standing is Standing.CANCELLED and not own.plan.ended and own.plan.subscription.cancel_at is None:
        return replace(shown, state=_("Cancelled"), mark="○", next=_ended(own, setting), ended=True)
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


def _ended(own: Own, setting: Setting) -> str:
    _ = setting.words.gettext
    if own.ends_at is not None and own.ends_at > setting.now:
        return _("It ends on %(date)s; nothing more will be charged.") % {"date": setting.day(own.ends_at)}
    return _("Nothing more will be charged.")

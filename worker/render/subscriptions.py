"""A subscription in words: what it costs, how it stands, and what happens next."""

from dataclasses import dataclass

from worker.core.cancelling import ends_next
from worker.core.plans import Plan
from worker.render import formats, names, sentences
from worker.render.words import Words


@dataclass(frozen=True, slots=True)
class Door:
    """A page on which its owner does something with a subscription, and what that is called."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """`mark` is the sign beside the state's word, so that neither stands by colour alone.

    `doors` lead its owner to what can be done with it.
    """

    name: str | None
    price: str
    state: str
    mark: str
    next: str | None
    ended: bool
    test: bool
    doors: tuple[Door, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a page is read: in which words, place and time of day, and at which moment (UTC microseconds)."""

    words: Words
    locale: str
    timezone: str
    now: int

    def day(self, moment: int) -> str:
        """The day of a moment."""
        return formats.day(moment, self.timezone, self.locale)


_MARKS = {"trialing": "◔", "active": "●", "past_due": "!", "paused": "‖", "cancelled": "○", "completed": "✓"}
_ENDING = "◑"


def shown_plan(plan: Plan, setting: Setting) -> ShownPlan:
    """The subscription as a page shows it."""
    return ShownPlan(
        name=names.shown(plan.name) if plan.name else None,
        price=_price(plan, setting),
        state=_state(plan, setting),
        mark=_ENDING if _ends(plan) else _MARKS[plan.subscription.status or "active"],
        next=_next(plan, setting),
        ended=plan.ended,
        test=plan.test,
    )


def _price(plan: Plan, setting: Setting) -> str:
    _, subscription = setting.words.gettext, plan.subscription
    if plan.amount is None or plan.currency is None:
        return _("Subscription")
    amount = formats.money(plan.amount, plan.currency, setting.locale)
    if subscription.interval is None:
        return amount
    every = sentences.every(subscription, setting.words)
    return _("%(amount)s %(every)s") % {"amount": amount, "every": every}


def _state(plan: Plan, setting: Setting) -> str:
    _ = setting.words.gettext
    if _ends(plan):
        return _("Ends soon")
    said = {
        "trialing": _("Trial"),
        "active": _("Active"),
        "past_due": _("Payment overdue"),
        "paused": _("Paused"),
        "cancelled": _("Cancelled"),
        "completed": _("Fully paid"),
    }
    return said[plan.subscription.status or "active"]


def _ends(plan: Plan) -> bool:
    return ends_next(plan.subscription.cancel_at, plan.subscription.next_payment_at) and not plan.ended


def _next(plan: Plan, setting: Setting) -> str | None:
    """What happens next; None where a date has passed of which nothing was told."""
    _, subscription = setting.words.gettext, plan.subscription
    if plan.ended:
        return _("Nothing more will be charged.")
    if subscription.cancel_at is not None and _ends(plan):
        return _("It ends on %(date)s; nothing more will be charged.") % {"date": setting.day(subscription.cancel_at)}
    if subscription.status == "paused":
        return _("Nothing is charged while it is paused.")
    if subscription.status == "past_due":
        return _("The last payment didn’t go through.")
    if subscription.next_payment_at is None or subscription.next_payment_at < setting.now:
        return None
    return _coming(plan, setting.day(subscription.next_payment_at), setting)


def _coming(plan: Plan, date: str, setting: Setting) -> str:
    _, subscription = setting.words.gettext, plan.subscription
    if subscription.status == "trialing":
        return _("The trial runs until %(date)s.") % {"date": date}
    if subscription.payments_total is not None and subscription.payments_made is not None:
        made = {"made": subscription.payments_made, "all": subscription.payments_total, "date": date}
        return _("Payment %(made)s of %(all)s. The next one is on %(date)s.") % made
    if subscription.cancel_at is not None:
        ends = setting.day(subscription.cancel_at)
        return _("Next payment on %(date)s. It ends on %(end)s.") % {"date": date, "end": ends}
    return _("Next payment on %(date)s.") % {"date": date}

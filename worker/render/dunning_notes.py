"""The notes to a customer about a payment that is coming or failed, or a card that ends soon.

Rules: none says more than the provider told: no amount, date or next try is guessed; each says what to do, if anything;
a page to pay is the provider's own.
"""

from dataclasses import dataclass

from worker.core.announcement import Announcement, Matter
from worker.core.plans import Plan
from worker.render import names
from worker.render.note_voice import Said, Voice


@dataclass(frozen=True, slots=True)
class DunningNote:
    """What was announced, and the subscriptions that it is about: the one it names, or those that the card may pay.

    `url` is the provider's page where it can be paid, `door_url` leads to the customer's purchases; `at` is when it was
    decided (UTC microseconds).
    """

    told: Announcement
    plans: tuple[Plan, ...]
    at: int
    door_url: str

    @property
    def url(self) -> str | None:
        """Where the button leads."""
        return self.told.url if self.told.matter is Matter.PAYMENT_FAILED else None

    @property
    def test(self) -> bool:
        """No money is meant."""
        return self.told.test


def said_dunning(note: DunningNote, voice: Voice) -> Said:
    """What it says."""
    match note.told.matter:
        case Matter.UPCOMING_PAYMENT:
            return _upcoming(note, voice)
        case Matter.PAYMENT_FAILED:
            return _failed(note, voice)
        case _:
            return _expiring(note, voice)


def _upcoming(note: DunningNote, voice: Voice) -> Said:
    _, values = voice.gettext, _values(note, voice)
    trial = bool(note.plans) and note.plans[0].subscription.status == "trialing"
    if "date" not in values or "amount" not in values:
        meaning = _("The next payment for %(name)s at %(shop)s is coming.")
    elif trial:
        meaning = _("Your trial of %(name)s at %(shop)s ends on %(date)s. Then %(amount)s is taken.")
    else:
        meaning = _("On %(date)s, %(amount)s is taken for %(name)s at %(shop)s.")
    return Said(
        subject=(_("Your trial at %(shop)s ends soon") if trial else _("Your next payment at %(shop)s")) % values,
        headline=_("Your trial ends soon") if trial else _("A payment is coming"),
        paragraphs=(
            meaning % values,
            _("You don’t need to do anything. If you want to change or end it, see your purchases before then."),
        ),
        facts=(*_subscriptions(note, voice), *_payment(note, voice, _("On"))),
        door=_door(voice),
    )


def _failed(note: DunningNote, voice: Voice) -> Said:
    _, values = voice.gettext, _values(note, voice)
    again = note.told.due_at is not None and note.told.due_at > note.at
    if again:
        follows = _("It is tried again on %(date)s. Please see to it that your card or account can be charged by then.")
    else:
        follows = _("Please pay it, or use another card, so that you don’t lose it.")
    return Said(
        subject=_("Your payment at %(shop)s didn’t go through") % values,
        headline=_("Your payment didn’t go through"),
        paragraphs=(_("The payment for %(name)s at %(shop)s could not be taken.") % values, follows % values),
        facts=(*_subscriptions(note, voice), *(_payment(note, voice, _("Tried again on")) if again else ())),
        button=_("Pay now") if note.url else None,
        door=_door(voice),
        after=(_("If you have paid since then, there is nothing to do."),),
    )


def _expiring(note: DunningNote, voice: Voice) -> Said:
    _, values, last4 = voice.gettext, _values(note, voice), note.told.card_last4
    card = _("Your card ending in %(last4)s") % {"last4": last4} if last4 else _("Your card")
    return Said(
        subject=_("Your card at %(shop)s expires soon") % values,
        headline=_("Your card expires soon"),
        paragraphs=(
            _("%(card)s, with which you pay at %(shop)s, is valid until %(last_day)s.") % {**values, "card": card}
            if "last_day" in values
            else _("%(card)s, with which you pay at %(shop)s, is soon not valid any more.") % {**values, "card": card},
            _("If your bank gave you a new one, use it here before the next payment, so that it goes through."),
        ),
        facts=_subscriptions(note, voice),
        door=_door(voice),
        after=(_("If you have changed it since then, there is nothing to do."),),
    )


def _values(note: DunningNote, voice: Voice) -> dict[str, str]:
    """What a sentence can say; the date, the last day before it and the amount only where they were told."""
    told = note.told
    values = {"shop": voice.shop}
    values["name"] = voice.name(note.plans[0]) if note.plans else voice.gettext("your subscription")
    if told.due_at is not None:
        values |= {"date": voice.day(told.due_at), "last_day": voice.day(told.due_at - 1)}
    if told.amount is not None and told.currency is not None:
        values["amount"] = voice.money(told.amount, told.currency)
    return values


def _subscriptions(note: DunningNote, voice: Voice) -> tuple[tuple[str, str], ...]:
    label = voice.gettext("Subscription")
    return tuple((label, voice.named(plan, note.at)) for plan in note.plans)


def _payment(note: DunningNote, voice: Voice, on: str) -> tuple[tuple[str, str], ...]:
    """How much is taken when, as far as it was told."""
    values = _values(note, voice)
    facts = ((voice.gettext("Payment"), values.get("amount")), (on, values.get("date")))
    return tuple((label, said) for label, said in facts if said is not None)


def _door(voice: Voice) -> str:
    return voice.gettext("See your purchases at %(shop)s") % {"shop": names.mailed(voice.shop)}

"""The notes to a customer who paused a subscription, had it go on, or took a cancellation back.

Rules: what isn't done yet is only called received; each says what it means for money.
"""

from dataclasses import dataclass

from worker.core.provider_action import Verb
from worker.render.note_voice import Cancellation, Said, Voice


@dataclass(frozen=True, slots=True)
class ActionReceived:
    """The wish has arrived."""

    verb: Verb
    about: Cancellation


@dataclass(frozen=True, slots=True)
class ActionDone:
    """It is so now. `done_at` is when that was confirmed."""

    verb: Verb
    about: Cancellation
    done_at: int


def said_received(note: ActionReceived, voice: Voice) -> Said:
    """That we have it."""
    _, about = voice.gettext, note.about
    values = {"shop": voice.shop, "name": voice.name(about.plan), "moment": voice.moment(about.asked_at)}
    asked = {
        Verb.PAUSE: _("You asked %(shop)s on %(moment)s to pause %(name)s. This mail confirms that we have it."),
        Verb.RESUME: _("You asked %(shop)s on %(moment)s to have %(name)s go on. This mail confirms that we have it."),
        Verb.UNDO_CANCEL: _(
            "You asked %(shop)s on %(moment)s to take back the cancellation of %(name)s. This mail confirms that we "
            "have it."
        ),
    }
    subjects = {
        Verb.PAUSE: _("We received your wish to pause: %(name)s"),
        Verb.RESUME: _("We received your wish to go on: %(name)s"),
        Verb.UNDO_CANCEL: _("We received your wish to go on: %(name)s"),
    }
    return Said(
        subject=subjects[note.verb] % values,
        headline=_("We received your wish"),
        paragraphs=(
            asked[note.verb] % values,
            _("Until it is done everything stays as it is. We’ll mail you again then; you don’t need to do anything."),
        ),
        facts=_facts(about, voice),
        after=(_("If you didn’t ask for this, write to us."),),
    )


def said_done(note: ActionDone, voice: Voice) -> Said:
    """That it is so, and what comes next."""
    _, about = voice.gettext, note.about
    values = {"shop": voice.shop, "name": voice.name(about.plan)}
    match note.verb:
        case Verb.PAUSE:
            subject, headline = _("Paused: %(name)s"), _("Your subscription is paused")
            meaning = _("Nothing is charged for %(name)s at %(shop)s while it is paused.")
        case Verb.RESUME:
            subject, headline = _("It goes on: %(name)s"), _("Your subscription goes on")
            meaning = _("%(name)s at %(shop)s is no longer paused.")
        case _:
            subject, headline = _("Not cancelled: %(name)s"), _("Your subscription goes on")
            meaning = _("The cancellation of %(name)s at %(shop)s is taken back: it goes on as before.")
    return Said(
        subject=subject % values,
        headline=headline,
        paragraphs=(meaning % values, *_next(note, voice)),
        facts=_facts(about, voice),
        after=(_("You can change this at any time where you see your purchases. If it wasn’t you, write to us."),),
    )


def _next(note: ActionDone, voice: Voice) -> tuple[str, ...]:
    due = note.about.plan.subscription.next_payment_at
    if note.verb is Verb.PAUSE or due is None or due < note.done_at:
        return ()
    return (voice.gettext("The next payment is on %(date)s.") % {"date": voice.day(due)},)


def _facts(about: Cancellation, voice: Voice) -> tuple[tuple[str, str], ...]:
    return ((voice.gettext("Subscription"), voice.named(about.plan, about.asked_at)),)

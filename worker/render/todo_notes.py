"""What is for the merchant to do at a provider, as a mail: where, what, why nobody else did it, and the done link.

Rules: it says what the customer wants in the words of the provider's own pages; nothing in it is said to be done.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.core.open_action import CANCELS
from worker.core.provider_action import Verb
from worker.render import names
from worker.render.note_voice import Cancellation, Said, Voice, facts_of


@dataclass(frozen=True, slots=True)
class ActionTodo:
    """To the merchant: what to do where; `again` where it was asked for a day ago.

    `about` is the subscription, None where it is the customer's details, which are `details`, by their names. `why` is
    what a program said that was to do it; `asked`: one still is to, or did and wasn't confirmed.
    """

    verb: Verb
    asked_at: int
    url: str
    source: str
    ref: str
    email: str
    name: str | None
    about: Cancellation | None = None
    details: Mapping[str, str] | None = None
    why: str | None = None
    again: bool = False
    asked: bool = False


def said_todo(note: ActionTodo, voice: Voice) -> Said:
    """What the mail says."""
    _ = voice.gettext
    values = {
        "source": names.provider(note.source),
        "email": note.email,
        "name": voice.name(note.about.plan) if note.about is not None else note.email,
        "moment": voice.moment(note.asked_at),
    }
    cancels = note.verb in CANCELS
    return Said(
        subject=_subject(note, voice) % values,
        headline=_headline(note, voice),
        paragraphs=(
            *_why(note, voice, values),
            _what(note.verb, voice) % values,
            _("Then press the button and confirm. Only then does your customer hear that it is cancelled.")
            if cancels
            else _("Then press the button and confirm."),
        ),
        facts=(
            (_("Customer"), f"{names.mailed(note.name)}, {note.email}" if note.name else note.email),
            (_("Number at %(source)s") % values, note.ref),
            *_about(note, voice),
            (_("Asked for"), voice.moment(note.asked_at)),
        ),
        button=_("It is cancelled") if cancels else _("It is done"),
        after=(
            (
                _("If %(source)s tells us of the end by itself, we notice, and you need not press anything.")
                if cancels
                else _("If %(source)s tells us of it by itself, we notice, and you need not press anything.")
            )
            % values,
        ),
        for_merchant=True,
    )


def _subject(note: ActionTodo, voice: Voice) -> str:
    _ = voice.gettext
    first, again = {
        "cancel": (_("To do: cancel %(name)s for %(email)s"), _("Still to do: cancel %(name)s for %(email)s")),
        Verb.UNDO_CANCEL: (
            _("To do: keep %(name)s running for %(email)s"),
            _("Still to do: keep %(name)s running for %(email)s"),
        ),
        Verb.PAUSE: (_("To do: pause %(name)s for %(email)s"), _("Still to do: pause %(name)s for %(email)s")),
        Verb.RESUME: (_("To do: resume %(name)s for %(email)s"), _("Still to do: resume %(name)s for %(email)s")),
        Verb.UPDATE_CUSTOMER: (_("To do: new details of %(email)s"), _("Still to do: new details of %(email)s")),
    }["cancel" if note.verb in CANCELS else note.verb]
    return again if note.again else first


def _headline(note: ActionTodo, voice: Voice) -> str:
    _ = voice.gettext
    if note.again:
        return _("This cancellation is still open") if note.verb in CANCELS else _("This is still open")
    return {
        "cancel": _("A customer wants to cancel"),
        Verb.UNDO_CANCEL: _("A customer takes a cancellation back"),
        Verb.PAUSE: _("A customer wants to pause"),
        Verb.RESUME: _("A customer wants to resume"),
        Verb.UPDATE_CUSTOMER: _("A customer has new details"),
    }["cancel" if note.verb in CANCELS else note.verb]


def _why(note: ActionTodo, voice: Voice, values: Mapping[str, str]) -> tuple[str, ...]:
    """Why a person hears of it, where a program was to do it."""
    _ = voice.gettext
    said = []
    if note.asked:
        said.append(_("%(source)s was asked, and has not confirmed it yet. Please look there.") % values)
    elif note.why is not None:
        said.append(_("%(source)s was asked, and did not do it.") % values)
    if note.why is not None:
        said.append(_("It said: %(words)s") % {"words": names.mailed(note.why)})
    return tuple(said)


def _what(verb: Verb, voice: Voice) -> str:
    _ = voice.gettext
    match verb:
        case Verb.UNDO_CANCEL:
            return _("Please open this subscription at %(source)s and take its cancellation back, so that it goes on.")
        case Verb.PAUSE:
            return _("Please open this subscription at %(source)s and pause its payments.")
        case Verb.RESUME:
            return _("Please open this subscription at %(source)s and let its payments go on.")
        case Verb.UPDATE_CUSTOMER:
            return _("Please open this customer at %(source)s and change the details to those below.")
        case _:
            return _("Please open this subscription at %(source)s and cancel it there.")


def _about(note: ActionTodo, voice: Voice) -> tuple[tuple[str, str], ...]:
    if note.about is None:
        return tuple((name, names.mailed(value)) for name, value in (note.details or {}).items())
    facts = facts_of(note.about, voice)
    return facts if note.verb in CANCELS else facts[:1]

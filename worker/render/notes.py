"""Notes: the mails about a changed address and about a cancellation. Those about payments are in `dunning_notes`, and
what is for the merchant to do in `todo_notes`.

Rules: "cancelled" stands only in the note that says it is done; each names the day and what it means for money; what a
stranger typed is shown so that no mail program makes a link of it.
"""

from dataclasses import dataclass

from worker.render import formats, names
from worker.render.action_notes import ActionDone, ActionReceived, said_done, said_received
from worker.render.brand import Brand
from worker.render.dunning_notes import DunningNote, said_dunning
from worker.render.letter import Rendered, letter
from worker.render.note_voice import Cancellation, Reader, Said, Voice, facts_of
from worker.render.stationery import Stationery
from worker.render.todo_notes import ActionTodo, said_todo


@dataclass(frozen=True, slots=True)
class EmailProof:
    """To the new address: is it yours?"""

    url: str
    until: int


@dataclass(frozen=True, slots=True)
class EmailNotice:
    """To the old address: mails go to another now. `new_address` is masked."""

    url: str
    new_address: str
    changed_at: int
    until: int


@dataclass(frozen=True, slots=True)
class CancelReceived:
    """To the customer: the wish has arrived."""

    about: Cancellation


@dataclass(frozen=True, slots=True)
class CancelDone:
    """To the customer: it is cancelled. `done_at` is when that was confirmed."""

    about: Cancellation
    done_at: int


@dataclass(frozen=True, slots=True)
class NoPurchases:
    """To who wrote from an address with which nothing was bought. `url` is the page for who lost theirs."""

    url: str
    email: str


Note = (
    NoPurchases
    | EmailProof
    | EmailNotice
    | CancelReceived
    | CancelDone
    | ActionReceived
    | ActionDone
    | ActionTodo
    | DunningNote
)


def render_note(env: Stationery, brand: Brand, note: Note, reader: Reader) -> Rendered:
    """The note as subject, text and HTML."""
    words = env.words(reader.locale)
    voice = Voice(words, formats.known_locale(reader.locale), reader.timezone, brand.name)
    values = {
        "said": _said(note, voice),
        "url": getattr(note, "url", None),
        "door_url": getattr(note, "door_url", None),
        "test": getattr(note, "test", False),
    }
    return letter(env, brand, "note", words, values)


def _said(note: Note, voice: Voice) -> Said:
    match note:
        case NoPurchases():
            return _no_purchases(note, voice)
        case EmailProof():
            return _proof(note, voice)
        case EmailNotice():
            return _notice(note, voice)
        case CancelReceived():
            return _received(note, voice)
        case CancelDone():
            return _done(note, voice)
        case _:
            return _others(note, voice)


def _others(note: ActionReceived | ActionDone | ActionTodo | DunningNote, voice: Voice) -> Said:
    match note:
        case DunningNote():
            return said_dunning(note, voice)
        case ActionReceived():
            return said_received(note, voice)
        case ActionDone():
            return said_done(note, voice)
        case ActionTodo():
            return said_todo(note, voice)


def _no_purchases(note: NoPurchases, voice: Voice) -> Said:
    _, values = voice.gettext, {"shop": voice.shop, "email": names.mailed(note.email)}
    return Said(
        subject=_("Your purchases at %(shop)s: another address?") % values,
        headline=_("Nothing was bought with this address"),
        paragraphs=(
            _("You wrote to see your purchases at %(shop)s, but we know of none under %(email)s.") % values,
            _("Did you use another address? Write from that one, or have us find it by your order or payment."),
        ),
        button=_("Find my purchase"),
        after=(_("What we find is mailed to the address that the purchase was made with, and shown nowhere else."),),
    )


def _proof(note: EmailProof, voice: Voice) -> Said:
    _, values = voice.gettext, {"shop": voice.shop, "moment": voice.moment(note.until)}
    return Said(
        subject=_("Is this your new address for %(shop)s?") % values,
        headline=_("Is this your new address?"),
        paragraphs=(
            _("Somebody who can see their purchases at %(shop)s wants receipts and links to come here from now on.")
            % values,
            _("The link opens a page with one button. Nothing changes before you press it.") % values,
        ),
        button=_("Use this address"),
        after=(
            _("It works until %(moment)s.") % values,
            _("If that wasn’t you, there is nothing to do. Please don’t forward this mail."),
        ),
    )


def _notice(note: EmailNotice, voice: Voice) -> Said:
    _ = voice.gettext
    values = {
        "shop": voice.shop,
        "address": names.mailed(note.new_address),
        "changed": voice.moment(note.changed_at),
        "until": voice.moment(note.until),
    }
    return Said(
        subject=_("Your address at %(shop)s was changed") % values,
        headline=_("Your address was changed"),
        paragraphs=(
            _("Since %(changed)s, receipts and links from %(shop)s go to %(address)s instead of here.") % values,
            _("Was that you? Then there is nothing to do."),
            _(
                "If it wasn’t, undo it: this address gets its mails back, and whoever changed it is signed out. "
                "This works until %(until)s."
            )
            % values,
        ),
        button=_("It wasn’t me: undo it"),
    )


def _received(note: CancelReceived, voice: Voice) -> Said:
    _, about = voice.gettext, note.about
    values = {"shop": voice.shop, "name": voice.name(about.plan), "moment": voice.moment(about.asked_at)}
    return Said(
        subject=_("We received your cancellation: %(name)s") % values,
        headline=_("We received your cancellation"),
        paragraphs=(
            _("You asked %(shop)s on %(moment)s to cancel %(name)s. This mail confirms that we have it.") % values,
            _("We’ll mail you again as soon as it is done. You don’t need to do anything more."),
        ),
        facts=facts_of(about, voice),
        after=(_("If you didn’t ask for this, write to us."),),
    )


def _done(note: CancelDone, voice: Voice) -> Said:
    _, about = voice.gettext, note.about
    values = {"shop": voice.shop, "name": voice.name(about.plan), "date": voice.day(about.ends_at)}
    later = about.ends_at > note.done_at
    return Said(
        subject=_("Cancelled: %(name)s") % values,
        headline=_("Your subscription is cancelled"),
        paragraphs=(
            _("%(name)s at %(shop)s ends on %(date)s. You can use it until then, and nothing more will be charged.")
            % values
            if later
            else _("%(name)s at %(shop)s has ended. Nothing more will be charged.") % values,
        ),
    )

"""Mails in a merchant's words: what each is, how it stands, and what happened to it, try by try."""

from collections.abc import Callable

from worker.core.bounce import Happening
from worker.core.delivery import MailState
from worker.core.outcome import Result

Gettext = Callable[[str], str]

MARKS = {
    MailState.DUE: "◔",
    MailState.DEFERRED: "◔",
    MailState.SENDING: "◔",
    MailState.SENT: "✓",
    MailState.FAILED: "!",
    MailState.PARKED: "?",
    MailState.WITHHELD: "‖",
    MailState.EXPIRED: "○",
}


def kind_of(kind: str, _: Gettext) -> str:
    """What the mail is, by its kind in the outbox."""
    said = {
        "receipt": _("Receipt"),
        "alert": _("Alert to you"),
        "access": _("Link to the purchases"),
        "forward": _("Customer’s mail, handed to you"),
        "email_proof": _("Link that proves a new address"),
        "email_notice": _("Notice of a changed address"),
        "cancel_received": _("Cancellation received"),
        "cancel_todo": _("Cancellation for you to do"),
        "cancel_reminder": _("Reminder of a cancellation"),
        "cancel_done": _("Cancellation done"),
        "declaration_received": _("Declaration received"),
        "declaration_todo": _("Declaration for you to see to"),
        "declaration_reminder": _("Reminder of a declaration"),
        "action_received": _("Wish received"),
        "action_done": _("Wish carried out"),
        "action_todo": _("For you to do at a provider"),
        "action_reminder": _("Reminder of what to do at a provider"),
        "upcoming_payment": _("A payment is coming"),
        "payment_failed": _("A payment failed"),
        "card_expiring": _("A card expires"),
        "stranger": _("Answer to somebody unknown"),
        "console": _("Link to the console"),
    }
    return said.get(kind, kind)


def state_of(state: MailState, _: Gettext) -> str:
    """How it stands, in a word or two."""
    said = {
        MailState.DUE: _("Due"),
        MailState.DEFERRED: _("Deferred"),
        MailState.SENDING: _("Being sent"),
        MailState.SENT: _("Sent"),
        MailState.FAILED: _("Failed"),
        MailState.PARKED: _("Parked"),
        MailState.WITHHELD: _("Withheld"),
        MailState.EXPIRED: _("Expired"),
    }
    return said[state]


def next_of(state: MailState, reason: str | None, _: Gettext) -> str:
    """What follows, in a sentence; empty where nothing does."""
    reasons = {
        "restored": _("It waits since the restore, for it may have gone out before. Send it again if it hasn’t."),
        "held": _("It waits for your word, for too many came at once."),
        "gave_up": _("Given up after five days of trying."),
        "arrived": _("You said that it arrived."),
        "sent_again": _("You had it sent again."),
    }
    said = {
        MailState.DUE: _("It waits to be sent."),
        MailState.DEFERRED: _("It waits to be sent again."),
        MailState.SENDING: _("It is being sent."),
        MailState.SENT: "",
        MailState.FAILED: _("It was not delivered. The address may be mistyped: correct it, and send it again."),
        MailState.PARKED: _("Nobody knows whether it arrived: the connection broke when the relay may have had it."),
        MailState.WITHHELD: _("It was held back: mails to this address came back, or its reader complained."),
        MailState.EXPIRED: _("It was too late to be of use, so it didn’t go."),
    }
    return reasons.get(reason or "") or said[state]


def result_of(result: str, state: str, _: Gettext) -> str:
    """What one try came to; `state` is what became of the mail then."""
    if result == Result.ACCEPTED:
        return _("Accepted by the relay")
    if result == Result.REFUSED:
        return _("Refused by the relay") if state == MailState.FAILED else _("Put off by the relay")
    said = {
        Result.LOST: _("The connection broke"),
        Result.TIMEOUT: _("The relay gave no answer in time"),
        Result.GARBAGE: _("The relay gave an answer that is no SMTP"),
        Result.TLS_FAILED: _("The relay’s encryption could not be trusted"),
        Result.DNS_FAILED: _("The relay’s name could not be found"),
        Result.UNSUPPORTED: _("This address can’t be mailed to"),
        Result.STALE: _("The connection was gone"),
    }
    words = said.get(Result(result), result)
    return words + " " + _("when it may have had the mail already") if state == MailState.PARKED else words


def happening_of(happening: Happening, _: Gettext) -> str:
    """What came back of a mail."""
    said = {
        Happening.DELIVERED: _("Delivered, says the receiving side"),
        Happening.DELAYED: _("Delayed on its way, and still being tried"),
        Happening.SOFT: _("Came back, for a reason that may pass"),
        Happening.HARD: _("Came back for good"),
        Happening.COMPLAINT: _("Its reader complained"),
        Happening.UNCLEAR: _("Something came back that doesn’t say what happened"),
    }
    return said[happening]

"""The story of each mail in plain words: what it was, every try with the relay's reply, and what comes next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.actions.decide_parked import SENT_AGAIN
from worker.commands.terminal import clock_time
from worker.core.allowance import HELD
from worker.core.bounce import Happening
from worker.core.delivery import MailState
from worker.core.invoice import DocumentKind, Invoice
from worker.core.outcome import Result
from worker.core.suppression import SuppressionKind
from worker.render.formats import money, plain
from worker.store.inbox import CameFrom
from worker.store.outbox import Attempt, MailKind, OutboxItem
from worker.store.restoring import RESTORED
from worker.store.suppressions import Bounce, Suppression

_NAMES = {
    DocumentKind.INVOICE: "Receipt",
    DocumentKind.RECEIPT: "Receipt",
    DocumentKind.CREDIT_NOTE: "Credit note",
    DocumentKind.REFUND_RECEIPT: "Refund receipt",
}
_KINDS = {
    MailKind.CONSOLE: "Link to the console",
    MailKind.ACCESS: "Link to their purchases",
    MailKind.FORWARD: "A person's mail, handed on",
    MailKind.EMAIL_PROOF: "Proof of a new address",
    MailKind.EMAIL_NOTICE: "Notice of a change of address",
    MailKind.CANCEL_RECEIVED: "Cancellation received",
    MailKind.CANCEL_TODO: "Cancellation to be done by you",
    MailKind.CANCEL_REMINDER: "Reminder of a cancellation to be done",
    MailKind.ACTION_RECEIVED: "Wish received",
    MailKind.ACTION_DONE: "Wish carried out",
    MailKind.ACTION_TODO: "For you to do at a provider",
    MailKind.ACTION_REMINDER: "Reminder of what to do at a provider",
    MailKind.CANCEL_DONE: "Cancellation done",
    MailKind.DECLARATION_RECEIVED: "Declaration received",
    MailKind.DECLARATION_TODO: "Declaration for you to see to",
    MailKind.DECLARATION_REMINDER: "Reminder of a declaration",
    MailKind.UPCOMING_PAYMENT: "Payment is coming",
    MailKind.PAYMENT_FAILED: "Payment failed",
    MailKind.CARD_EXPIRING: "Card expires",
    MailKind.STRANGER: "Answer: nothing was bought with this address",
}
_TROUBLES = {
    "relay_paused": "the relay paused",
    "mails_failed": "mails failed",
    "mails_parked": "mails are parked",
    "forwards_held": "mails to the shop wait",
    "mails_bounced": "mails came back",
    "mailbox_fails": "the mailbox can't be read",
    "mails_left": "a mail stays in the mailbox",
    "numbers_held": "sales wait for their numbers",
    "key_refused": "a provider refuses its API key",
    "disputes": "payments are disputed",
    "refunds_failed": "refunds failed",
}
_HAPPENED = {
    Result.LOST: "the connection broke",
    Result.TIMEOUT: "the relay gave no answer in time",
    Result.GARBAGE: "the relay gave an answer that is no SMTP",
    Result.TLS_FAILED: "the relay's encryption could not be trusted",
    Result.DNS_FAILED: "the relay's name could not be found",
    Result.UNSUPPORTED: "this address can't be mailed to",
    Result.STALE: "the connection was gone",
}
_FOLLOWING = {
    MailState.DUE: "waits to be sent",
    MailState.DEFERRED: "waits to be sent",
    MailState.SENDING: "is being sent",
    MailState.FAILED: "not delivered. Is the address mistyped? This corrects it and mails all that failed again: "
    "letterkey customer fix-email {recipient} NEW",
    MailState.PARKED: "nobody knows whether it arrived. This mails it once more: letterkey resend {id}",
    MailState.WITHHELD: "held back: earlier mails to this address came back, or its reader complained",
    MailState.EXPIRED: "too late to be of use, so it was not sent",
}
_CAME_BACK = {
    Happening.DELIVERED: "delivered, says the receiving side",
    Happening.DELAYED: "delayed on its way, and still being tried",
    Happening.SOFT: "came back, for a reason that may pass",
    Happening.HARD: "came back for good",
    Happening.COMPLAINT: "its reader complained of it",
    Happening.UNCLEAR: "something came back that doesn't say what happened",
}
_SUPPRESSED = {
    SuppressionKind.BOUNCE: "mails came back. Correct the address: letterkey customer fix-email {address} NEW. If it "
    "works again: letterkey resend ID --lift, or they write from it themselves",
    SuppressionKind.COMPLAINT: "its reader complained. What they ask for themselves still goes",
}
_GAVE_UP = "given up after five days. This tries anew: letterkey resend {id}"
_RESTORED = "not sent by itself after a restore, for it may have gone out before. This sends it: letterkey resend {id}"
_HELD = "held, for too many came at once. This hands it on: letterkey resend {id}"
_SENT_AGAIN = "nobody knows whether it arrived; it was sent again since"
_BY_REASON = {HELD: _HELD, RESTORED: _RESTORED, SENT_AGAIN: _SENT_AGAIN}
_TRIES_FORGOTTEN = "each try is forgotten by now (retention.attempt_days)"
_INDENT = " " * 19


@dataclass(frozen=True, slots=True)
class Mailed:
    """A mail, the document it carries (alerts and test receipts have none), its tries and what came back of it, each
    oldest first.
    """

    item: OutboxItem
    invoice: Invoice | None
    attempts: Sequence[Attempt]
    bounces: Sequence[Bounce] = ()


def timeline(mails: Sequence[Mailed], now: int, timezone: str) -> Iterator[str]:
    """The lines to print, the oldest mail first. Times are the merchant's."""
    for each in mails:
        yield f"{clock_time(each.item.created_at, timezone)}  {title(each)}, to {each.item.recipient}"
        for attempt in each.attempts:
            yield f"{_INDENT}{clock_time(attempt.ended_at, timezone)}  {_tried(attempt)}"
        if each.item.attempts and not each.attempts and each.item.settled_at is not None:
            yield f"{_INDENT}{_TRIES_FORGOTTEN}"
        for bounce in each.bounces:
            yield f"{_INDENT}{clock_time(bounce.at, timezone)}  {_came_back(bounce)}"
        following = _following(each.item, now, timezone)
        if following:
            yield f"{_INDENT}{following}"
        yield f"{_INDENT}id {each.item.id}"


def came_in(mails: Sequence[CameFrom], timezone: str) -> Iterator[str]:
    """A line for each mail that came from the address: what it was taken for, and how its sender was proven."""
    for each in mails:
        what = each.outcome.replace("_", " ") if each.outcome else "waits to be understood"
        why = f" ({each.reason})" if each.reason else ""
        yield f"{clock_time(each.received_at, timezone)}  Came in: {what}{why}; sender: {each.origin or 'not proven'}"


def suppressed(address: str, found: Sequence[Suppression], timezone: str) -> Iterator[str]:
    """Why no mails go to an address, a line for each reason; or since when they go again."""
    for each in found:
        if each.lifted_at is not None:
            yield f"Suppressed until {clock_time(each.lifted_at, timezone)}; lifted by {each.lifted_by}."
        else:
            why = _SUPPRESSED[each.kind].format(address=address)
            yield f"Suppressed since {clock_time(each.since, timezone)}: {why}."


def title(mail: Mailed) -> str:
    """What the mail is: `Receipt 1042 for €58.31`."""
    item, invoice = mail.item, mail.invoice
    if item.kind is MailKind.ALERT:
        return f"Alert: {_TROUBLES.get(str(item.params.get('trouble')), 'trouble')}"
    if item.kind in _KINDS:
        return _KINDS[item.kind]
    if invoice is None:
        return "Test receipt for a made-up sale"
    number = f" {invoice.number}" if invoice.number else ""
    amount = plain(money(invoice.total, invoice.currency, "en"))
    marks = ", test" * invoice.test + ", sent again" * ("resend_of" in item.params)
    return f"{_NAMES[invoice.kind]}{number} for {amount}{marks}"


def _tried(attempt: Attempt) -> str:
    """What happened at one try."""
    said = f"{attempt.code} {attempt.reply}".strip() if attempt.code is not None else attempt.reply
    result = Result(attempt.result)
    if result is Result.ACCEPTED:
        return f"accepted by the relay: {said}"
    if result is Result.REFUSED:
        verb = "refused" if attempt.state == MailState.FAILED else "put off by the relay"
        return f"{verb}: {said}"
    where = ", when it may have taken the mail already" if attempt.state == MailState.PARKED else ""
    return f"{_HAPPENED[result]}{where}" + (f" ({said})" if said else "")


def _came_back(bounce: Bounce) -> str:
    said = bounce.words or bounce.status or ""
    return _CAME_BACK[bounce.happening] + (f": {said}" if said else "")


def _following(item: OutboxItem, now: int, timezone: str) -> str:
    """What comes next, or what can be done."""
    if item.state in (MailState.DUE, MailState.DEFERRED) and item.due_at > now:
        return f"next try at {clock_time(item.due_at, timezone)}"
    gave_up = item.state is MailState.FAILED and item.reason == "gave_up"
    if item.reason in _BY_REASON:
        return _BY_REASON[item.reason].format(id=item.id)
    words = _GAVE_UP if gave_up else _FOLLOWING.get(item.state, "")
    return words.format(id=item.id, recipient=item.recipient)

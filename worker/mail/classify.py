"""What an inbound mail is, in one word: the one place that decides whether anybody may be answered.

The order matters (docs/decisions/0012-classification-order.md): a bounce, a complaint and a robot are recognised before
anything is made of their words. A robot that is answered answers back, so by all standard signs at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from worker.core.bounce import Delivery
from worker.mail.bounce_signs import bounce_sign, failure_told, is_complaint, is_delivery_report
from worker.mail.read import InboundMail
from worker.mail.robot_signs import name_sign, robot_sign, words_sign

LOOP_MARK = "X-Letterkey-Loop"
"""On every mail of ours: one that comes back with it was redirected to us by a machine."""
MOST_HOPS = 50
_LIST_HEADERS = ("list-id", "list-unsubscribe", "list-post", "list-help", "mailing-list")


class Outcome(StrEnum):
    """What a mail was."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"
    LIST = "list"
    MALFORMED = "malformed"
    FOR_PEOPLE = "for_people"  # to postmaster or abuse
    LINK_REQUEST = "link_request"
    UNAUTHENTICATED = (
        "unauthenticated"  # asked for a link, but the From address is forged, or unproven where it must be proven
    )
    STRANGER = "stranger"  # asked for a link, but bought nothing
    OVER_LIMIT = "over_limit"
    DUPLICATE = "duplicate"  # the same mail came before, by whichever way
    UNREADABLE = "unreadable"  # reading it failed again and again
    TOO_LARGE = "too_large"  # left in its mailbox


@dataclass(frozen=True, slots=True)
class Envelope:
    """How the mail came. `bounced` is the delivery that its recipient address names; `for_people`: not to the access
    address but to postmaster or abuse.
    """

    sender: str
    bounced: Delivery | None = None
    for_people: bool = False


@dataclass(frozen=True, slots=True)
class Class:
    """What it is, and by which sign. `doubtful`: by words alone that a person might have written, or by a name alone
    that a person might bear (`by_name`).
    """

    outcome: Outcome
    reason: str | None = None
    loop: bool = False
    doubtful: bool = False
    by_name: bool = False


def classify(mail: InboundMail, envelope: Envelope) -> Class:
    """What the mail is."""
    found = (sign(mail, envelope) for sign in _IN_ORDER)
    return next((each for each in found if each is not None), Class(Outcome.LINK_REQUEST))


def _loop(mail: InboundMail, _: Envelope) -> Class | None:
    if LOOP_MARK.lower() in mail.headers:
        return Class(Outcome.AUTOMATIC, "our own mail came back", loop=True)
    if len(mail.headers.get("received", ())) > MOST_HOPS:
        return Class(Outcome.AUTOMATIC, "it went through too many hands", loop=True)
    return None


def _delivery_report(mail: InboundMail, _: Envelope) -> Class | None:
    return Class(Outcome.BOUNCE, "delivery status") if is_delivery_report(mail) else None


def _complaint(mail: InboundMail, _: Envelope) -> Class | None:
    return Class(Outcome.COMPLAINT, "feedback report") if is_complaint(mail) else None


def _bounce_in_free_words(mail: InboundMail, envelope: Envelope) -> Class | None:
    if reason := bounce_sign(mail, envelope.sender):
        return Class(Outcome.BOUNCE, reason)
    reason = failure_told(mail)
    return Class(Outcome.BOUNCE, reason, doubtful=bool(envelope.sender)) if reason else None


def _automatic(mail: InboundMail, envelope: Envelope) -> Class | None:
    if reason := robot_sign(mail, envelope.sender):
        return Class(Outcome.AUTOMATIC, reason)
    reason = words_sign(mail)
    return Class(Outcome.AUTOMATIC, reason, doubtful=bool(envelope.sender)) if reason else None


def _list(mail: InboundMail, _: Envelope) -> Class | None:
    if mail.header("precedence").strip().lower() == "list":
        return Class(Outcome.LIST, "Precedence")
    name = next((name for name in _LIST_HEADERS if name in mail.headers), None)
    return Class(Outcome.LIST, name) if name else None


def _bounce_by_envelope(_: InboundMail, envelope: Envelope) -> Class | None:
    """Only now: vacation responders, too, answer the envelope sender, and from a null sender (RFC 3834 section 3.3)."""
    if envelope.bounced is not None:
        return Class(Outcome.BOUNCE, f"to the bounce address of {envelope.bounced.mail}")
    return None if envelope.sender else Class(Outcome.BOUNCE, "null sender")


def _for_people(_: InboundMail, envelope: Envelope) -> Class | None:
    return Class(Outcome.FOR_PEOPLE) if envelope.for_people else None


def _malformed(mail: InboundMail, _: Envelope) -> Class | None:
    return Class(Outcome.MALFORMED, mail.fault) if mail.fault is not None else None


def _by_name(mail: InboundMail, envelope: Envelope) -> Class | None:
    reason = name_sign(mail, envelope.sender)
    return Class(Outcome.AUTOMATIC, reason, doubtful=True, by_name=True) if reason else None


_IN_ORDER: tuple[Callable[[InboundMail, Envelope], Class | None], ...] = (
    _loop,
    _delivery_report,
    _complaint,
    _bounce_in_free_words,
    _automatic,
    _list,
    _bounce_by_envelope,
    _for_people,
    _malformed,
    _by_name,
)

"""The alert: the mail that tells the merchant of trouble, in plain words and with what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from worker.core.alert import AlertKind
from worker.render.brand import Brand
from worker.render.letter import Rendered, letter
from worker.render.stationery import Stationery
from worker.render.words import Words

MOST_DETAILS = 20


@dataclass(frozen=True, slots=True)
class Alert:
    """`count` is how many it is about; `details` are rows such as `ada@example.com: 550 no such user`."""

    kind: AlertKind
    count: int
    details: tuple[str, ...] = ()
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class _Said:
    headline: str
    meaning: str
    advice: str
    commands: tuple[str, ...]


def render_alert(env: Stationery, brand: Brand, alert: Alert) -> Rendered:
    """The alert as subject, text and HTML."""
    words = env.words(alert.locale)
    values = {
        "said": _SAYINGS[alert.kind](alert.count, words),
        "details": alert.details[:MOST_DETAILS],
        "more_details": max(0, len(alert.details) - MOST_DETAILS),
    }
    return letter(env, brand, "alert", words, values)


def _relay_paused(count: int, words: Words) -> _Said:
    _ = words.gettext
    waiting = words.ngettext("%(num)d mail is waiting", "%(num)d mails are waiting", count) % {"num": count}
    return _Said(
        headline=_("Your mail relay refuses mails"),
        meaning=_("Sending is paused: %(waiting)s and nothing is lost. One mail a minute tries whether it works again.")
        % {"waiting": waiting},
        advice=_("Check the address, user name and password in mail.smtp_url, and your account at the relay."),
        commands=("letterkey status", "letterkey test-receipt ADDRESS"),
    )


def _mails_failed(count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=words.ngettext("%(num)d mail could not be delivered", "%(num)d mails could not be delivered", count)
        % {"num": count},
        meaning=_("The receiving side refused for good, or did not answer for five days. It is not tried again."),
        advice=_("A mistyped address is the most frequent reason: correct it, then send the receipt again."),
        commands=("letterkey mails ADDRESS", "letterkey customer fix-email OLD NEW", "letterkey resend ID"),
    )


def _mails_parked(count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=words.ngettext("%(num)d mail may not have arrived", "%(num)d mails may not have arrived", count)
        % {"num": count},
        meaning=_(
            "The connection broke while the relay was taking it, twice. It may have been delivered, so it is not sent "
            "a third time by itself."
        ),
        advice=_("See what happened, ask the customer if in doubt, and send it again where it is missing."),
        commands=("letterkey mails ADDRESS", "letterkey resend ID"),
    )


def _forwards_held(count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=words.ngettext("%(num)d mail to your shop waits here", "%(num)d mails to your shop wait here", count)
        % {"num": count},
        meaning=_(
            "So many came, from one sender or in one hour, that handing on all of them would have buried your mailbox. "
            "They are kept as they came. Those that cancel or withdraw are marked, and written down with their time."
        ),
        advice=_("Have those that you want to read handed on, each by its id."),
        commands=("letterkey resend ID",),
    )


def _mails_bounced(count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=words.ngettext("%(num)d mail came back", "%(num)d mails came back", count) % {"num": count},
        meaning=_(
            "After the relay had taken it, a mail server sent it back, or its reader complained. Where the address is "
            "to blame, further mails to it are withheld."
        ),
        advice=_("Ask the customer for another address and correct it: what was withheld is sent there."),
        commands=("letterkey mails ADDRESS", "letterkey customer fix-email OLD NEW"),
    )


def _mailbox_fails(_count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=_("Your mailbox can’t be read"),
        meaning=_(
            "For a quarter of an hour no mail could be fetched from it, so customers who write get no answer. Their "
            "mails wait there; it is tried again and again, after a refused login only every few minutes."
        ),
        advice=_(
            "Check the address, user name and password in inbound.imap_url, or the token command, and whether you can "
            "log in at your mail host. The journal says what went wrong, as mailbox_fails."
        ),
        commands=("letterkey status",),
    )


def _mails_left(_count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=_("A mail to your shop stays in the mailbox"),
        meaning=_(
            "It is larger than inbound.max_message allows, or it could not be fetched in five tries. It lies there "
            "unread, and whoever wrote it got no answer."
        ),
        advice=_("Read it in the mailbox, and answer it from there."),
        commands=("letterkey status",),
    )


def _numbers_held(count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=words.ngettext("%(num)d sale waits for its number", "%(num)d sales wait for their numbers", count)
        % {"num": count},
        meaning=_(
            "A backup was restored, and it doesn’t know which invoice numbers were given out after it was made. No "
            "number is taken until you say which is the next."
        ),
        advice=_("Look for the highest number that went out, and say the one after it, without its prefix."),
        commands=("letterkey restore --next-number N",),
    )


def _declarations_held(count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=words.ngettext(
            "%(num)d cancellation or withdrawal waits for you",
            "%(num)d cancellations or withdrawals wait for you",
            count,
        )
        % {"num": count},
        meaning=_(
            "So many were declared on your pages in one hour that a mail for each would have buried your mailbox. Each "
            "is written down with its time, and may be valid as it stands."
        ),
        advice=_("See to each in the console, under Declarations, and say there that it is done."),
        commands=("letterkey console-link",),
    )


def _key_refused(_count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=_("A payment provider refuses your API key"),
        meaning=_(
            "Receipts wait for an address that only the provider knows, and it doesn’t let us ask. Nothing is lost: "
            "they go out as soon as the address comes."
        ),
        advice=_("Make a key there that may read customers, and write it into the account’s api_key."),
        commands=("letterkey status", "letterkey check --deep"),
    )


def _disputes(count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=words.ngettext("%(num)d payment is disputed", "%(num)d payments are disputed", count) % {"num": count},
        meaning=_(
            "A customer asked their bank or the payment provider for the money back, or such a dispute went on or "
            "ended. The provider holds the money until it is decided; receipts and documents stay as they are."
        ),
        advice=_(
            "See how each stands at the provider, and answer there in time. Often a mail to the customer settles it."
        ),
        commands=(),
    )


def _refunds_failed(count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=words.ngettext("%(num)d refund came to nothing", "%(num)d refunds came to nothing", count)
        % {"num": count},
        meaning=_(
            "The customer’s bank sent the money back, so it never arrived, though the customer has a document that "
            "says it was given back."
        ),
        advice=_("Give it back another way, or ask the customer for another account."),
        commands=(),
    )


def _actions_denied(count: int, words: Words) -> _Said:
    _ = words.gettext
    waiting = words.ngettext("%(num)d action waits", "%(num)d actions wait", count) % {"num": count}
    return _Said(
        headline=_("A payment provider refuses its key"),
        meaning=_(
            "What customers asked for, such as a cancellation, can’t be passed on: %(waiting)s. It is tried every "
            "hour, and after two days you are asked to do it by hand."
        )
        % {"waiting": waiting},
        advice=_(
            "Make a new key at the provider, with the rights that the documentation names, and set it as api_key."
        ),
        commands=("letterkey actions list", "letterkey actions again ID"),
    )


def _endpoint_gone(_count: int, words: Words) -> _Said:
    _ = words.gettext
    return _Said(
        headline=_("Your endpoint wants to hear no more"),
        meaning=_(
            "It answered 410, so it is told of nothing more: what customers ask for comes to you by mail from now on."
        ),
        advice=_("If that was a mistake, mend it and have what is open told again, or set another address."),
        commands=("letterkey actions list", "letterkey actions again ID"),
    )


_SAYINGS: Mapping[AlertKind, Callable[[int, Words], _Said]] = {
    AlertKind.RELAY_PAUSED: _relay_paused,
    AlertKind.MAILS_FAILED: _mails_failed,
    AlertKind.MAILS_PARKED: _mails_parked,
    AlertKind.FORWARDS_HELD: _forwards_held,
    AlertKind.MAILS_BOUNCED: _mails_bounced,
    AlertKind.MAILBOX_FAILS: _mailbox_fails,
    AlertKind.MAILS_LEFT: _mails_left,
    AlertKind.NUMBERS_HELD: _numbers_held,
    AlertKind.ACTIONS_DENIED: _actions_denied,
    AlertKind.ENDPOINT_GONE: _endpoint_gone,
    AlertKind.DECLARATIONS_HELD: _declarations_held,
    AlertKind.KEY_REFUSED: _key_refused,
    AlertKind.DISPUTES: _disputes,
    AlertKind.REFUNDS_FAILED: _refunds_failed,
}

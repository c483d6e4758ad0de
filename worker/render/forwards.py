"""The forward: a mail that a person wrote to the shop's robot, handed to the people of the shop.

Rules: it says how far the sender is proven, and without proof that anybody may have written it; the words of a stranger
are shown as text, never as HTML, and the mail as it came is attached.
"""

from collections.abc import Callable
from dataclasses import dataclass

from worker.mail.authentication import Standing
from worker.render import formats
from worker.render.brand import Brand
from worker.render.letter import Rendered, letter
from worker.render.stationery import Stationery


@dataclass(frozen=True, slots=True)
class ForwardMail:
    """`sender` is whom the mail says it is from, None for nothing usable; `why` as in the outbox row."""

    sender: str | None
    recipient: str
    subject: str
    text: str
    received_at: int
    why: str
    locale: str = "en"
    timezone: str = "UTC"
    standing: Standing = Standing.UNVERIFIED


def render_forward(env: Stationery, brand: Brand, mail: ForwardMail) -> Rendered:
    """The mail as subject, text and HTML."""
    words = env.words(mail.locale)
    _ = words.gettext
    when = formats.moment(mail.received_at, mail.timezone, formats.known_locale(mail.locale))
    told = {"sender": mail.sender or _("Somebody"), "recipient": mail.recipient, "when": when}
    values = {
        "mark": f"{_('[cancellation notice]')} {_mark(mail, _)}".strip() if mail.why == "notice" else _mark(mail, _),
        "subject": mail.subject or _("(no subject)"),
        "headline": _("%(sender)s wrote to %(recipient)s") % told,
        "doubted": mail.standing is not Standing.VERIFIED,
        "warning": _warning(mail, _) % told,
        "answered": _answered(mail, _),
        "attached": _("The mail as it came is attached. Open what is in it with care."),
        "text": mail.text,
    }
    return letter(env, brand, "forward", words, values)


def _mark(mail: ForwardMail, _: Callable[[str], str]) -> str:
    match mail.standing:
        case Standing.VERIFIED:
            return ""
        case Standing.FORGED:
            return _("[probably forged]")
        case Standing.UNVERIFIED:
            return _("[sender not verified]")


def _warning(mail: ForwardMail, _: Callable[[str], str]) -> str:
    match mail.standing:
        case Standing.VERIFIED:
            return _("It came on %(when)s. The sender is verified: the mail does come from %(sender)s.")
        case Standing.FORGED:
            return _(
                "It came on %(when)s. It is probably forged: the domain of %(sender)s says that such a mail is not "
                "from there. Don’t send personal details, and don’t change anything because of it."
            )
        case Standing.UNVERIFIED:
            return _(
                "It came on %(when)s. The sender is not verified: anybody can write any address into a mail, so make "
                "sure who it is before you send personal details or change anything."
            )


def _answered(mail: ForwardMail, _: Callable[[str], str]) -> str:
    told = {
        "reply": _(
            "It answers one of our mails. A link to the purchases goes to the customer’s stored address by itself; "
            "what the mail says is for you to answer. Your reply goes to the sender."
        ),
        "words": _(
            "If it came from a customer, a link to the purchases goes to the stored address by itself; what the "
            "mail says is for you to answer. Your reply goes to the sender."
        ),
        "doubt": _(
            "It reads as if a program had written it, so nobody has answered it and no link was sent. If a person "
            "did write it, it is for you to answer. Your reply goes to the sender."
        ),
        "notice": _(
            "It seems to declare a cancellation or withdrawal, which may be valid as it stands, from the time at "
            "which it came in. Nothing was done by itself: please see to it and answer. Its time is kept, and a "
            "customer’s own pages say that it was received."
        ),
        "unauthenticated": _(
            "Nobody has answered it, and no link was sent. Your reply goes to the address that it names."
        ),
        "address": _("It is addressed to the keeper of your domain. Nobody has answered it."),
    }
    return told.get(mail.why) or _("It could not be read, so nobody has answered it.")

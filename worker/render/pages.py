"""Pages for a browser that need no session: the document, and the notice that says what is wrong and what to do next.

Rules: a page loads its style sheet and the merchant's logo from our own `/static/`, nothing from anywhere else, and
runs no script; the document prints as a letter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from worker.core.invoice import Invoice
from worker.render import formats, names, sentences
from worker.render.brand import Brand
from worker.render.sheet import sheet
from worker.render.stationery import Stationery
from worker.render.voice import Voice
from worker.render.words import Words

_EVERY_LINE = 500
_ASK = "/updateinfo/"


class Occasion(StrEnum):
    """What a notice is about, where it is one of those that every site has."""

    NOT_FOUND = "not_found"
    GONE = "gone"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_LARGE = "too_large"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"
    FOREIGN = "foreign"
    TOO_OFTEN = "too_often"
    CUT_LINK = "cut_link"
    MISDIRECTED = "misdirected"


@dataclass(frozen=True, slots=True)
class Notice:
    """A page with one message. `action` is a button's words and where it leads; `settled`: nothing is left to press."""

    title: str
    message: str
    next_step: str | None = None
    action: tuple[str, str] | None = None
    locale: str = "en"
    settled: bool = False


def render_document(
    env: Stationery, brand: Brand, invoice: Invoice, frame: str = "page", around: Mapping[str, object] | None = None
) -> str:
    """The document as it was issued: in the invoice's own locale and timezone.

    `frame` is the template of the page around it, `around` what that one shows.
    """
    words, locale = env.words(invoice.locale), formats.known_locale(invoice.locale)
    said = sheet(invoice, Voice(words, locale, names.shown, _EVERY_LINE))
    values = {"sheet": said, "facts": sentences.facts(invoice, words, locale), "test": invoice.test}
    return render_page(
        env, brand, "document", words, {"frame": f"pages/{frame}.html", "withdraw": None, **(around or {}), **values}
    )


def render_notice(env: Stationery, brand: Brand, notice: Notice) -> str:
    """A page that says one thing."""
    return render_page(env, brand, "notice", env.words(notice.locale), {"notice": notice})


def notice_of(env: Stationery, occasion: Occasion, locale: str = "en") -> Notice:
    """The usual words for that occasion."""
    words = env.words(locale)
    title, message, next_step = _usual(occasion, words)
    return Notice(title, message, next_step, _way_on(occasion, words), locale)


def render_stylesheet(env: Stationery, brand: Brand) -> str:
    """`/static/letterkey.css` in the merchant's colours."""
    return env.compiled(brand, env.words("en")).fill("static/letterkey.css", {})


def render_page(env: Stationery, brand: Brand, name: str, words: Words, values: Mapping[str, object]) -> str:
    """The page of the template `pages/<name>.html`."""
    return env.compiled(brand, words).fill(f"pages/{name}.html", {"test": False, **values})


def _usual(occasion: Occasion, words: Words) -> tuple[str, str, str]:
    _ = words.gettext
    match occasion:
        case Occasion.NOT_FOUND:
            return (
                _("There is nothing here"),
                _("The address may be mistyped, or a part of it was lost on its way."),
                _("Open the link from the mail once more, or copy its whole line."),
            )
        case Occasion.GONE:
            return (
                _("This link no longer works"),
                _("It has run out or was withdrawn. Your documents themselves are safe."),
                _("Write to us and we will send you a new one."),
            )
        case Occasion.METHOD_NOT_ALLOWED:
            return (
                _("This page can’t do that"),
                _("The request came in a way that this page doesn’t take. Nothing was changed."),
                _("Open the page again and use its buttons."),
            )
        case Occasion.UNAVAILABLE:
            return (
                _("We’ll be back in a moment"),
                _("We can’t answer right now. Nothing is lost."),
                _("Try again in a minute."),
            )
        case Occasion.FAILED:
            return (
                _("Something went wrong on our side"),
                _("It isn’t your fault, and nothing was changed."),
                _("Try again; if it happens once more, write to us."),
            )
        case _:
            return _turned_away(occasion, words)


def _turned_away(occasion: Occasion, words: Words) -> tuple[str, str, str]:
    _ = words.gettext
    match occasion:
        case Occasion.TOO_LARGE:
            return (
                _("That is too much at once"),
                _("What was sent is larger than we can take. Nothing was changed."),
                _("Send less and try again."),
            )
        case Occasion.FOREIGN:
            return (
                _("This didn’t come from our page"),
                _("Another page tried to press this button for you. Nothing was changed."),
                _("Open the page here and use its button."),
            )
        case Occasion.TOO_OFTEN:
            return (
                _("That was a little too fast"),
                _("Too many requests came from your network within a minute. Links in mails that you have still work."),
                _("Wait a minute, then try again."),
            )
        case Occasion.CUT_LINK:
            return (
                _("This link isn’t complete"),
                _("A part of it was lost on its way, or it is very old."),
                _("Open it from the mail once more, or ask for a new one."),
            )
        case _:
            return (
                _("This address is not ours"),
                _("The name in the address bar leads here, but it isn’t our name."),
                _("Open the link from the mail once more."),
            )


def _way_on(occasion: Occasion, words: Words) -> tuple[str, str] | None:
    """The button, where asking for a link is what helps."""
    _ = words.gettext
    match occasion:
        case Occasion.FOREIGN:
            return _("See your purchases"), _ASK
        case Occasion.TOO_OFTEN:
            return _("Try again"), _ASK
        case Occasion.CUT_LINK:
            return _("Ask for a new one"), _ASK
        case _:
            return None

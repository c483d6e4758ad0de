"""The access mail: the one with the link that opens a customer's purchases.

Rules: it says who asked, how and when, and what to do if it wasn't the reader; it has one button; the link stands
alone on its line of the text; nothing that a stranger wrote is in it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from worker.core.access import Way
from worker.render import formats
from worker.render.brand import Brand
from worker.render.letter import Rendered, letter
from worker.render.stationery import Stationery


@dataclass(frozen=True, slots=True)
class AccessMail:
    """Times are UTC microseconds. `code` is as people read it (XXXX-XXXX), None where no page waits for one."""

    url: str
    expires_at: int
    way: Way
    asked_at: int
    code: str | None = None
    code_minutes: int = 30
    locale: str = "en"
    timezone: str = "UTC"


def render_access_mail(env: Stationery, brand: Brand, mail: AccessMail) -> Rendered:
    """The mail as subject, text and HTML."""
    words, locale = env.words(mail.locale), formats.known_locale(mail.locale)
    asked = formats.moment(mail.asked_at, mail.timezone, locale)
    values = {
        "url": mail.url,
        "code": mail.code,
        "code_minutes": mail.code_minutes,
        "until": formats.moment(mail.expires_at, mail.timezone, locale),
        "asked": _asked(mail.way, words.gettext) % {"when": asked, "shop": brand.name},
    }
    return letter(env, brand, "access", words, values)


def _asked(way: Way, _: Callable[[str], str]) -> str:
    said = {
        Way.MAIL: _("You get this because a mail from your address asked for it on %(when)s."),
        Way.REPLY: _("You get this because a reply to your receipt asked for it on %(when)s."),
        Way.FORM: _("You get this because your address was entered on our web page on %(when)s."),
        Way.FOOT: _("You get this because the link in your receipt was used to ask for it on %(when)s."),
        Way.PAGE: _("You get this because “Send me a new one” was pressed on an older link on %(when)s."),
        Way.HUB: _("You get this because a fresh link was asked for on the page of your purchases on %(when)s."),
        Way.LOST: _(
            "You get this because somebody who knows one of your purchases asked for it on our web page on %(when)s."
        ),
        Way.DECLARATION: _(
            "You get this because a cancellation was declared with your address on our web page on %(when)s. Here you "
            "see what became of it. If it wasn’t you, please write to us."
        ),
        Way.MERCHANT: _("You get this because %(shop)s sent it to you on %(when)s."),
        Way.COMMAND: _("You get this because %(shop)s sent it to you on %(when)s."),
    }
    return said[way]

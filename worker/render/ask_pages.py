"""The pages on which a customer asks for a link: the form, the filled-in form of a receipt's foot, and what follows.

Rules: none of them depends on whether an address is a customer's; what was typed is kept, and an error stands beside
its field.
"""

from dataclasses import dataclass

from worker.render import formats
from worker.render.brand import Brand
from worker.render.lost_page import LOST
from worker.render.pages import render_page
from worker.render.stationery import Stationery

ASK, ENTER = "/updateinfo/", "/access/code"
MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class AskPage:
    """`foot` is the token of a receipt's foot link and the masked address it stands for; `csrf` is the hidden field.

    `ended`: the customer was signed out, or never was in. `again`: the browser has to press once more.
    """

    csrf: str
    typed: str = ""
    foot: tuple[str, str] | None = None
    wrong: bool = False
    ended: bool = False
    again: bool = False
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class AskedPage:
    """What follows: the address as the page may show it, when the next mail can go, and a place for the code.

    `tries_left` is None before the first try; `limited`: no mail goes this time, whoever's the address is.
    """

    csrf: str
    now: int
    address: str | None = None
    next_at: int | None = None
    limited: bool = False
    takes_code: bool = True
    tries_left: int | None = None
    locale: str = "en"
    timezone: str = "UTC"


def render_ask(env: Stationery, brand: Brand, page: AskPage) -> str:
    """The form."""
    return render_page(env, brand, "ask", env.words(page.locale), {"page": page, "action": ASK, "lost": LOST})


def render_asked(env: Stationery, brand: Brand, page: AskedPage) -> str:
    """What to do now, whether or not a mail is on its way."""
    words, locale = env.words(page.locale), formats.known_locale(page.locale)
    next_at = None if page.next_at is None else next_time(page.next_at, page.now, page.timezone, locale)
    values = {"page": page, "next_at": next_at, "ask": ASK, "enter": ENTER}
    return render_page(env, brand, "asked", words, values)


def next_time(next_at: int, now: int, timezone: str, locale: str) -> str | None:
    """The next full minute, for who comes a second early is turned away; None where that is now."""
    if next_at <= now:
        return None
    minute = -(-next_at // MINUTE) * MINUTE
    same_day = formats.day(minute, timezone, locale) == formats.day(now, timezone, locale)
    return (formats.clock if same_day else formats.moment)(minute, timezone, locale)

"""The way into the console: the form, what follows, the question behind a link, and where a merchant is signed in.

Rules: the form and what follows never depend on whether an address is a merchant's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.render import agents, formats
from worker.render.ask_pages import next_time
from worker.render.brand import Brand
from worker.render.console.frame import Viewer, render_console, setting_of
from worker.render.hub_pages import Device
from worker.render.pages import Notice
from worker.render.press_pages import Press
from worker.render.stationery import Stationery

SIGN_IN = "/console/sign-in"


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The form. `ended`: the merchant was signed out, or never was in. `again`: the browser has to press once more."""

    csrf: str
    typed: str = ""
    wrong: bool = False
    ended: bool = False
    again: bool = False
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class SentPage:
    """What follows for that address; `limited`: no mail goes this time, whoever's it is. Times UTC microseconds."""

    address: str
    now: int
    next_at: int
    limited: bool
    locale: str = "en"
    timezone: str = "UTC"


def render_sign_in(env: Stationery, brand: Brand, page: SignInPage) -> str:
    """The form."""
    compiled = env.compiled(brand, env.words(page.locale))
    return compiled.fill("console/sign_in.html", {"page": page, "action": SIGN_IN, "test": False})


def render_sent(env: Stationery, brand: Brand, page: SentPage) -> str:
    """What to do now, whether or not a mail is on its way."""
    compiled, locale = env.compiled(brand, env.words(page.locale)), formats.known_locale(page.locale)
    next_at = next_time(page.next_at, page.now, page.timezone, locale)
    values = {"page": page, "action": SIGN_IN, "next_at": next_at, "test": False}
    return compiled.fill("console/sent.html", values)


def render_places(env: Stationery, brand: Brand, viewer: Viewer, devices: Sequence[Device]) -> str:
    """Where the merchant is signed in, and the way to end it."""
    setting = setting_of(env, viewer)

    def when(moment: int) -> str:
        return formats.moment(moment, setting.timezone, setting.locale)

    shown = [(each, agents.shown(each.agent, setting.words), when(each.since), when(each.seen_at)) for each in devices]
    return render_console(env, brand, viewer, "sessions", {"devices": shown})


def ask_to_enter(env: Stationery, brand: Brand, email: str, other: str | None, locale: str) -> Press:
    """Come in? `other` is who is in with this browser already, if it is somebody else."""
    _, values = env.words(locale).gettext, {"shop": brand.name, "email": email, "other": other}
    said = [_("This opens the pages from which %(shop)s is run, for %(email)s.") % values]
    if other is not None:
        said.append(_("This browser is signed in for %(other)s. If you go on, that ends.") % values)
    return Press(_("Open the console"), tuple(said), _("Come in"), locale=locale)


def told_spent(env: Stationery, locale: str) -> Notice:
    """The link lets nobody in any more, or never did."""
    _ = env.words(locale).gettext
    return Notice(
        _("This link no longer works"),
        _("It has run out, was used already, or isn’t complete."),
        action=(_("Get a new one"), SIGN_IN),
        locale=locale,
    )

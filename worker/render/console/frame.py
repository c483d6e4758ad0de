"""What every page of the console stands on: who is in, where to go, how to leave.

Rules: the merchant's name comes first, ours is one small line; a page is a letter with a hand's breadth of links beside
it, and on a phone these are a plain list above it. No page runs a script.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from worker import __version__
from worker.render import formats
from worker.render.brand import Brand
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting


@dataclass(frozen=True, slots=True)
class Viewer:
    """The merchant who is in. `csrf` is the hidden field of every form, `now` UTC microseconds."""

    email: str
    csrf: str
    now: int
    locale: str = "en"
    timezone: str = "UTC"


def render_console(env: Stationery, brand: Brand, viewer: Viewer, name: str, values: Mapping[str, object]) -> str:
    """The page of the template `console/<name>.html`; `here` marks it among the links, `values` may say another."""
    around = {"viewer": viewer, "here": name, "version": __version__}
    return env.compiled(brand, env.words(viewer.locale)).fill(f"console/{name}.html", {**around, **values})


def render_console_stylesheet(env: Stationery, brand: Brand) -> str:
    """`/static/console.css`: beside the sheet of all pages, whose colours it uses."""
    return env.compiled(brand, env.words("en")).fill("static/console.css", {})


def setting_of(env: Stationery, viewer: Viewer) -> Setting:
    """Where this merchant reads."""
    return Setting(env.words(viewer.locale), formats.known_locale(viewer.locale), viewer.timezone, viewer.now)

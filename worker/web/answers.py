"""How an answer looks: JSON for programs, a page for people; either says what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from aiohttp import web

from worker.core.acceptance import Problem
from worker.render.pages import Notice, Occasion, notice_of, render_notice
from worker.web.hub import HubServer

RETRY_SECONDS = 5
"""What a teller is asked to wait while the database can't take anything."""

_OCCASIONS = {
    404: Occasion.NOT_FOUND,
    405: Occasion.METHOD_NOT_ALLOWED,
    410: Occasion.GONE,
    413: Occasion.TOO_LARGE,
    503: Occasion.UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that goes no further: its status and every problem, in words for whoever sent it."""

    status: int
    problems: Sequence[Problem]
    headers: Mapping[str, str] = field(default_factory=dict)


def refuse(status: int, reason: str, **headers: str) -> Refusal:
    """The refusal of a request as a whole. Header names are written with `_` for `-`."""
    return Refusal(status, [Problem("", reason)], {name.replace("_", "-"): value for name, value in headers.items()})


def refused(refusal: Refusal) -> web.Response:
    """`{"problems": [{"path", "reason"}]}`."""
    body = {"problems": [{"path": each.path, "reason": each.reason} for each in refusal.problems]}
    return web.json_response(body, status=refusal.status, headers=refusal.headers)


def page(html: str, status: int = 200) -> web.Response:
    """A page for a browser."""
    return web.Response(text=html, status=status, content_type="text/html")


def notice_page(hub: HubServer, notice: Notice, status: int = 200) -> web.Response:
    """A page with one message, and a button to write to the merchant unless it has another or needs none."""
    shown = notice if notice.action or notice.settled else replace(notice, action=write_to_us(hub))
    return page(render_notice(hub.stationery, hub.brand, shown), status)


def status_page(hub: HubServer, status: int) -> web.Response:
    """The usual page of an error's status."""
    # What is left among the 4xx is a request that no page of ours makes.
    otherwise = Occasion.FAILED if status >= 500 else Occasion.METHOD_NOT_ALLOWED
    return occasion_page(hub, _OCCASIONS.get(status, otherwise), status)


def occasion_page(hub: HubServer, occasion: Occasion, status: int) -> web.Response:
    """The usual page of an occasion, under whatever status it has here."""
    return notice_page(hub, notice_of(hub.stationery, occasion, hub.settings.business.locale), status)


def write_to_us(hub: HubServer) -> tuple[str, str] | None:
    """A button that leads to a person, where the merchant named one."""
    words = hub.stationery.words(hub.settings.business.locale)
    if hub.brand.support_email:
        return words.gettext("Write to us"), f"mailto:{hub.brand.support_email}"
    return (words.gettext("Get help"), hub.brand.support_url) if hub.brand.support_url else None

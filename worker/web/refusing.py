"""Why a form that was sent goes no further, in words for whoever pressed its button."""

import math

from aiohttp import web

from worker.render.pages import Notice
from worker.web.answers import Refusal, notice_page, status_page
from worker.web.forms import Proof, Sent, read_form
from worker.web.hub import HubServer


async def pressed(hub: HubServer, request: web.Request, paired: str | None) -> Sent | web.Response:
    """The form that was sent, or the page that says why it goes no further."""
    sent = await read_form(hub, request, paired)
    if isinstance(sent, Refusal):
        return status_page(hub, sent.status)
    return foreign_page(hub) if sent.proof is Proof.FOREIGN else sent


async def pressed_inside(hub: HubServer, request: web.Request, secret: str) -> Sent | web.Response:
    """The same for a page of a customer who is in: all its forms have the hidden field."""
    sent = await pressed(hub, request, secret)
    return foreign_page(hub) if isinstance(sent, Sent) and sent.proof is not Proof.OURS else sent


def foreign_page(hub: HubServer) -> web.Response:
    """Another site's page sent the form."""
    locale = hub.settings.business.locale
    _ = hub.stationery.words(locale).gettext
    notice = Notice(
        _("This didn’t come from our page"),
        _("Another page tried to press this button for you. Nothing was changed."),
        _("Open the page here and use its button."),
        (_("See your purchases"), "/updateinfo/"),
        locale,
    )
    return notice_page(hub, notice, 403)


def too_often_page(hub: HubServer, seconds: float) -> web.Response:
    """This network asked too often."""
    locale = hub.settings.business.locale
    _ = hub.stationery.words(locale).gettext
    notice = Notice(
        _("That was a little too fast"),
        _("Too many requests came from your network within a minute. Links in mails that you have still work."),
        _("Wait a minute, then try again."),
        (_("Try again"), "/updateinfo/"),
        locale,
    )
    answer = notice_page(hub, notice, 429)
    answer.headers["Retry-After"] = str(math.ceil(seconds))
    return answer


def unknown_link_page(hub: HubServer) -> web.Response:
    """A link that was cut, mistyped, or signed by a key that is no longer in force."""
    locale = hub.settings.business.locale
    _ = hub.stationery.words(locale).gettext
    notice = Notice(
        _("This link isn’t complete"),
        _("A part of it was lost on its way, or it is very old."),
        _("Open it from the mail once more, or ask for a new one."),
        (_("Ask for a new one"), "/updateinfo/"),
        locale,
    )
    return notice_page(hub, notice, 404)

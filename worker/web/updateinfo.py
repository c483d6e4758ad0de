"""`GET|POST /updateinfo/`: where the link at a receipt's foot leads.

Until purchases can be opened online it says so and leads to a person, so that no receipt ever points at an error.
"""

from aiohttp import web

from worker.render.pages import Notice
from worker.web.answers import notice_page
from worker.web.hub import HubServer


async def show_help(hub: HubServer, request: web.Request) -> web.Response:
    """The way to a person."""
    locale = hub.settings.business.locale
    _ = hub.stationery.words(locale).gettext
    return notice_page(
        hub,
        Notice(
            _("Your purchases can’t be opened online yet"),
            _("Your receipt is in your mailbox, with everything about this purchase."),
            _("Just reply to it with your question, and a person will help you."),
            locale=locale,
        ),
    )

"""`/hub/` and `/hub/transactions`: what a customer who is in bought.

Every query is given the id of the customer who is in: a document of anybody else's isn't there.
"""

import re
from urllib.parse import urlencode

from aiohttp import web

from worker.core.email_address import identity
from worker.render.hub_pages import Listed, Search, Viewer, render_list, render_overview
from worker.store import purchases
from worker.store.engine import Tx
from worker.store.purchases import Purchase, Wanted
from worker.web.answers import page
from worker.web.hub import HubServer
from worker.web.own_plans import OwnPlan, own_plans
from worker.web.policies import cancel_policy_of
from worker.web.signed_in import Guest, go_to, noticed, viewer_of

LATEST = 5
PAGE = 20
_LONGEST_WORDS = 100
_GROUPS = ("payments", "refunds")
_AMOUNT = re.compile(r"[^\d]{0,4}(\d{1,3}(?:[., ’']?\d{3})*)(?:[.,](\d\d))?[^\d]{0,4}")
LIST = "/hub/transactions"
_PLACE = re.compile(r"(\d{1,18})\.([0-9a-z]{1,40})")


async def get_overview(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Subscriptions and the newest receipts."""

    policy, now = cancel_policy_of(hub.settings, hub.ways), hub.clock.now()

    async def body(tx: Tx) -> tuple[list[OwnPlan], list[Purchase], Viewer]:
        newest = await purchases.newest(tx, guest.customer.id, LATEST)
        return await own_plans(tx, guest.customer, policy, now), newest, await noticed(tx, hub, guest)

    plans, newest, viewer = await hub.store.read(body)
    shown = [each.own for each in plans]
    return page(render_overview(hub.stationery, hub.brand, viewer, shown, _listed(newest)))


async def get_list(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """All receipts, or those that were looked for, page by page; a number that names one leads straight to it."""
    number = request.query.get("number", "")[:_LONGEST_WORDS]
    if number:
        return await _by_number(hub, guest, number)
    wanted = _wanted(request)
    found = await hub.store.read(lambda tx: purchases.page(tx, guest.customer.id, wanted, PAGE + 1))
    words, group, shown = wanted.words or "", wanted.group or "", found[:PAGE]
    more = _more_url(words, group, shown[-1]) if len(found) > PAGE else None
    search = Search(words, group, more, first=wanted.before is None)
    return page(render_list(hub.stationery, hub.brand, viewer_of(hub, guest), _listed(shown), search))


async def _by_number(hub: HubServer, guest: Guest, number: str) -> web.Response:
    """The document of that number, else all of them: whose number it is shows nowhere."""
    wanted = Wanted(words=_clean(number))
    found = await hub.store.read(lambda tx: purchases.page(tx, guest.customer.id, wanted, PAGE))
    same = [each for each in found if identity(each.entry.number or "") == identity(number)]
    return go_to(f"/hub/invoices/{same[0].id}" if len(same) == 1 else LIST)


def _listed(found: list[Purchase]) -> list[Listed]:
    return [Listed(f"/hub/invoices/{each.id}", each.entry) for each in found]


def _wanted(request: web.Request) -> Wanted:
    """What was asked for; whatever can't be understood counts as not asked."""
    words = _clean(request.query.get("words", ""))
    group, place = request.query.get("group"), _PLACE.fullmatch(request.query.get("before", ""))
    return Wanted(
        group=group if group in _GROUPS else None,
        words=words[:_LONGEST_WORDS] or None,
        total=_minor_units(words),
        before=(int(place[1]), place[2]) if place else None,
    )


def _clean(words: str) -> str:
    """As a database takes it."""
    return words.replace("\0", "").encode("utf-8", "ignore").decode().strip()


def _minor_units(words: str) -> int | None:
    """`€58.31` and `58,31` as 5831, `58` as 5800: nearly all currencies have cents."""
    amount = _AMOUNT.fullmatch(words)
    return int(re.sub(r"\D", "", amount[1])[:12] + (amount[2] or "00")) if amount else None


def _more_url(words: str, group: str, last: Purchase) -> str:
    query = {"words": words, "group": group, "before": f"{last.issued_at}.{last.id}"}
    return "/hub/transactions?" + urlencode({name: value for name, value in query.items() if value})

"""Samples of the access mail and of every page from the form to the overview, for pictures and tests."""

from dataclasses import replace

from render import papers
from worker.core.access import Way
from worker.core.cancelling import ReceivedNotice
from worker.core.entry import entry_of
from worker.core.instant import DAY, HOUR, MINUTE
from worker.core.invoice import Invoice
from worker.core.plans import Plan
from worker.render.access_mail import AccessMail, render_access_mail
from worker.render.access_pages import AccessPage, Glance, Standing, render_access
from worker.render.ask_pages import AskedPage, AskPage, render_ask, render_asked
from worker.render.brand import Brand
from worker.render.hub_pages import (
    Device,
    Listed,
    Search,
    Viewer,
    render_devices,
    render_list,
    render_overview,
    render_own_document,
)
from worker.render.lost_page import LostPage, render_lost
from worker.render.stationery import Stationery

NOW = papers.SOLD + DAY
ZONE = "Europe/Berlin"
URL = "https://shop.example/access/0123456789abcdefghjkmnpqrs.bm90LWEtc2lnbmF0dXJlLWJ1dC1hcy1sb25nLWFzLW9uZS4u"
TOKEN = "0123456789abcdefghjkmnpqrs.bm90LWEtc2lnbmF0dXJl"
MAIL = AccessMail(URL, papers.SOLD + DAY, Way.MAIL, papers.SOLD, timezone=ZONE)
_NOTICE = ReceivedNotice(NOW, proven=False)
VIEWER = Viewer("ada@example.com", "Ada Lindqvist", "csrf", NOW, timezone=ZONE)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605 Version/18.5 Mobile/15E1 Safari/604.1"

PLANS = (
    Plan(papers.subscription(), "Letterpress club", 5831, "EUR"),
    Plan(papers.subscription(status="trialing", interval="year"), "The big archive", 12000, "EUR"),
    Plan(papers.subscription(status="past_due"), "Magazine, printed", 990, "EUR"),
    Plan(
        papers.subscription(payments_made=3, payments_total=12), "A press of your own, in twelve payments", 9900, "EUR"
    ),
    Plan(papers.subscription(cancel_at=NOW + 9 * DAY), "Workshop seats", 2500, "EUR"),
    Plan(papers.subscription(status="cancelled"), "Newsletter", 300, "EUR"),
)


def documents() -> list[Invoice]:
    return [papers.refund(), papers.invoice(papers.sale()), papers.membership(), papers.provided()]


def listed() -> list[Listed]:
    return [Listed(f"/hub/invoices/{number}", entry_of(each)) for number, each in enumerate(documents())]


def mails(env: Stationery, brand: Brand) -> dict[str, str]:
    ways = {way.value: replace(MAIL, way=way, code="7K4D-XW2P" if way is Way.FORM else None) for way in Way}
    return {way: render_access_mail(env, brand, mail).html for way, mail in ways.items()}


def pages(env: Stationery, brand: Brand) -> dict[str, str]:
    """Every page and state by its name."""
    return _asking(env, brand) | _access(env, brand) | _inside(env, brand)


def _asking(env: Stationery, brand: Brand) -> dict[str, str]:
    asked = AskedPage("csrf", NOW, "ada@example.com", NOW + MINUTE, timezone=ZONE)
    forms = {
        "ask": AskPage("csrf"),
        "ask-wrong": AskPage("csrf", typed="ada@example", wrong=True),
        "ask-foot": AskPage("csrf", foot=(TOKEN, "a•••@example.com")),
        "ask-ended": AskPage("csrf", ended=True),
        "ask-again": AskPage("csrf", typed="ada@example.com", again=True),
    }
    after = {
        "asked": asked,
        "asked-wrong": replace(asked, tries_left=4),
        "asked-over": replace(asked, tries_left=0),
        "asked-limited": replace(asked, limited=True, takes_code=False, next_at=NOW + 20 * HOUR),
    }
    shown = {name: render_ask(env, brand, page) for name, page in forms.items()}
    shown |= {name: render_lost(env, brand, page) for name, page in _lost().items()}
    return shown | {name: render_asked(env, brand, page) for name, page in after.items()}


def _lost() -> dict[str, LostPage]:
    typed = {"amount": "fifty", "day": "2026-11-22", "last4": "42"}
    return {
        "lost": LostPage("csrf"),
        "lost-wrong": LostPage("csrf", typed, frozenset(("amount", "last4"))),
        "lost-nothing": LostPage("csrf", wrong=frozenset(("number",))),
        "lost-sent": LostPage("csrf", sent=True),
    }


def _access(env: Stationery, brand: Brand) -> dict[str, str]:
    glance = Glance("Ada Lindqvist", PLANS, tuple(map(entry_of, documents()[:3])))
    found = {
        "glance": AccessPage(Standing.OPEN, NOW, glance, timezone=ZONE),
        "glance-bare": AccessPage(Standing.OPEN, NOW, Glance(None), timezone=ZONE),
        "button": AccessPage(Standing.OPEN, NOW),
        "again": AccessPage(Standing.AGAIN, NOW, hidden={"csrf": "x"}),
        "replace": AccessPage(Standing.REPLACE, NOW, who="g•••@example.org", hidden={"replace": "yes"}),
        "used": AccessPage(Standing.USED, NOW, hidden={"new": "yes"}),
        "expired": AccessPage(Standing.EXPIRED, NOW, hidden={"new": "yes"}),
    }
    return {f"access-{name}": render_access(env, brand, page) for name, page in found.items()}


def _inside(env: Stationery, brand: Brand) -> dict[str, str]:
    devices = [
        Device("d1", FIREFOX, NOW - HOUR, NOW, here=True),
        Device("d2", IPHONE, NOW - 3 * HOUR, NOW - 20 * MINUTE, here=False),
        Device("d3", "<script>curl</script>", NOW - 3 * HOUR, NOW - 25 * MINUTE, here=False),
    ]
    more = Search(more_url="/hub/transactions?before=x")
    return {
        "overview": render_overview(env, brand, VIEWER, PLANS, listed()),
        "overview-noticed": render_overview(env, brand, replace(VIEWER, notices=(_NOTICE,)), PLANS[:2], listed()),
        "overview-unreachable": render_overview(env, brand, replace(VIEWER, unreachable=True), PLANS[:2], listed()),
        "overview-empty": render_overview(env, brand, VIEWER, (), ()),
        "list": render_list(env, brand, VIEWER, listed() * 3, more),
        "list-none": render_list(env, brand, VIEWER, (), Search("nothing like it", "refunds")),
        "document": render_own_document(env, brand, VIEWER, papers.invoice(papers.sale())),
        "devices": render_devices(env, brand, VIEWER, devices),
    }

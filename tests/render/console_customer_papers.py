"""Samples of the console's pages of customers, for pictures and tests."""

from dataclasses import replace

from render import papers
from worker.core.cancelling import Standing
from worker.core.delivery import MailState
from worker.core.instant import DAY, HOUR, MINUTE
from worker.core.plans import Plan
from worker.core.transaction import Address, Customer, Subscription
from worker.render.brand import Brand
from worker.render.console.customers import (
    Change,
    Dossier,
    Hit,
    Mailed,
    Reached,
    Said,
    Search,
    Sold,
    render_customer,
    render_search,
)
from worker.render.console.frame import Viewer
from worker.render.hub_pages import Device
from worker.render.own_subscriptions import Own
from worker.render.stationery import Stationery

NOW = papers.SOLD
VIEWER = Viewer("may@harbourandpine.example", "c5", NOW, timezone="Europe/Berlin")
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"
ADA, OLD = "ada@example.com", "ada@exmaple.com"
HITS = (
    Hit("c1", "Ada Lindqvist", "Lindqvist & Daughters", ADA, "card", "4242"),
    Hit("c2", "Adam Okonkwo", None, "adam@example.org", "name", "Adam Okonkwo"),
    Hit("c3", None, None, "adaeze@example.net", "email", "adaeze@example.net"),
    Hit("c4", "Grace Adams", None, "grace@example.org", "number", "HP-1042"),
)
SALE = Sold("stripe", "pi_3SWq1", "sale", 5831, "EUR", NOW - HOUR, "done", False, "4242", "HP-1042")
PLANS = (
    Own(
        Plan(
            Subscription("S-7", "month", 1, "active", next_payment_at=NOW + 30 * DAY, next_amount=1900),
            "Evening circle",
            1900,
            "EUR",
        ),
        Standing.ACTIVE,
        "",
    ),
    Own(
        Plan(Subscription("S-8", "year", 1, "active"), "The harbour letters", 12000, "EUR"),
        Standing.CANCELLING,
        "",
        NOW + 90 * DAY,
        NOW - DAY,
    ),
)
ADDRESS = Address("1 High St", None, "Leeds", None, "LS1 1AA", "GB")
DOSSIER = Dossier(
    id="01k9s0q0v5m5e8r2x6t4c3w7ya",
    profile=Customer(ADA, None, "Ada Lindqvist", "Lindqvist & Daughters", "GB123456789", None, "en", ADDRESS),
    addresses=(Reached(ADA), Reached(OLD, retired_at=NOW - 2 * DAY, suppressed=NOW - 3 * DAY, liftable=True)),
    refs=(("stripe", "cus_R4nD0m"),),
    sold=(
        SALE,
        replace(SALE, source_id="pi_3SVp0", kind="renewal", total=1900, occurred_at=NOW - 9 * DAY, number="HP-0998"),
        replace(SALE, source_id="re_1", kind="refund", total=1000, state="waiting", last4=None, number=None),
        replace(SALE, source_id="pi_t", state="done", test=True, occurred_at=NOW - 40 * DAY, number=None),
    ),
    plans=PLANS,
    mails=(
        Mailed("m1", "access", ADA, MailState.SENT, NOW - 20 * MINUTE),
        Mailed("m2", "receipt", ADA, MailState.DUE, NOW - HOUR),
        Mailed("m3", "receipt", OLD, MailState.FAILED, NOW - 3 * DAY),
        Mailed("m4", "receipt", OLD, MailState.PARKED, NOW - 4 * DAY),
    ),
    sessions=(Device("h", PHONE, NOW - HOUR, NOW - 2 * MINUTE, here=False),),
    changes=(
        Change(NOW - 20 * MINUTE, "may@harbourandpine.example", "send_link"),
        Change(NOW - 2 * DAY, "command", "fix_email"),
    ),
)
EMPTY = Dossier("01k9s0q0v5m5e8r2x6t4c3w7yb", Customer(None))


def pages(env: Stationery, brand: Brand) -> dict[str, str]:
    """Every page of customers in each of its states."""
    searches = {
        "": Search("ada", HITS),
        "-newest": Search("", HITS),
        "-nobody": Search("zebra", ()),
        "-beginning": Search("", ()),
    }
    said = {
        "": (DOSSIER, Said()),
        "-sent": (DOSSIER, Said("link")),
        "-wrong": (DOSSIER, Said(wrong="taken", typed="grace@example.org")),
        "-empty": (EMPTY, Said()),
    }
    found = {f"console-customers{name}": render_search(env, brand, VIEWER, each) for name, each in searches.items()}
    return found | {
        f"console-customer{name}": render_customer(env, brand, VIEWER, *each) for name, each in said.items()
    }

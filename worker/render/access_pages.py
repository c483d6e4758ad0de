"""The page of an access link: the glance with its one button, the button alone, and what a spent link says instead.

Rules: it is what anybody sees who holds the link, scanners too, so it tells no product, address, email, tax id or
card; the title is neutral; there is exactly one form with one button.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from worker.core.entry import Entry
from worker.core.plans import Plan
from worker.render import formats, names, sentences
from worker.render.brand import Brand
from worker.render.own_subscriptions import Own, shown_own
from worker.render.pages import render_page
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting, ShownPlan, shown_plan

MOST_PLANS = 5
_LONGEST_NAME = 40


class Standing(StrEnum):
    """What the page is about."""

    OPEN = "open"
    AGAIN = "again"
    REPLACE = "replace"
    EXPIRED = "expired"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Glance:
    """What may be seen before the link is redeemed: subscriptions, and the newest documents."""

    name: str | None
    plans: tuple[Plan | Own, ...] = ()
    receipts: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessPage:
    """`who` is the masked address of another customer who is in; `hidden` are the form's hidden fields."""

    standing: Standing
    now: int
    glance: Glance | None = None
    who: str | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)
    locale: str = "en"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class _ShownReceipt:
    date: str
    what: str
    amount: str


def render_access(env: Stationery, brand: Brand, page: AccessPage) -> str:
    """The page."""
    setting = Setting(env.words(page.locale), formats.known_locale(page.locale), page.timezone, page.now)
    values = {"page": page, "glance": page.glance is not None, **_shown(page.glance or Glance(None), setting)}
    return render_page(env, brand, "access", setting.words, values)


def _shown(glance: Glance, setting: Setting) -> dict[str, object]:
    plans = tuple(_nameless(plan, setting) for plan in glance.plans[:MOST_PLANS])
    return {
        "first_name": _first_name(glance.name),
        "plans": plans,
        "more_plans": max(0, len(glance.plans) - MOST_PLANS),
        "receipts": tuple(_receipt(each, setting) for each in glance.receipts),
    }


def _nameless(plan: Plan | Own, setting: Setting) -> ShownPlan:
    shown = shown_own(plan, setting) if isinstance(plan, Own) else shown_plan(plan, setting)
    return ShownPlan(None, shown.price, shown.state, shown.mark, shown.next, shown.ended, shown.test)


def _first_name(name: str | None) -> str | None:
    words = names.mailed(name).split() if name else []
    return words[0][:_LONGEST_NAME] if words else None


def _receipt(entry: Entry, setting: Setting) -> _ShownReceipt:
    _, back = setting.words.gettext, sentences.gives_back(entry)
    amount = formats.money(entry.total, entry.currency, setting.locale)
    date = formats.day(entry.supplied_at, entry.timezone, setting.locale)
    return _ShownReceipt(date, _("Refund") if back else _("Payment"), f"−{amount}" if back else amount)

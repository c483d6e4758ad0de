"""The pages of a customer who is in: the overview, all receipts, one of them, and where the customer is signed in.

Rules: every page says whose it is and how to leave; customers never read the words hub, session or transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.core.cancelling import ReceivedNotice
from worker.core.declaration import Declaration
from worker.core.entry import Entry
from worker.core.invoice import Invoice
from worker.core.plans import Plan
from worker.render import agents, formats, names, sentences
from worker.render.brand import Brand
from worker.render.declaration_pages import facts_of
from worker.render.own_subscriptions import Own, notices_said, shown_own
from worker.render.pages import render_document, render_page
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting, shown_plan

PLACES = {
    "overview": "/hub/",
    "list": "/hub/transactions",
    "sessions": "/hub/sessions",
    "details": "/hub/details",
    "email": "/hub/email",
    "subscriptions": "/hub/subscriptions",
    "leave": "/hub/sign-out",
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is in, and how pages speak to them. `csrf` is the hidden field of every form.

    `notices`: mails by which they, or somebody in their name, declared an end; `unreachable`: mails to their address
    came back.
    """

    email: str
    name: str | None
    csrf: str
    now: int
    locale: str = "en"
    timezone: str = "UTC"
    notices: tuple[ReceivedNotice, ...] = ()
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A document and the address of its page."""

    url: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Search:
    """What a customer looks for, as typed; `more_url` leads to older ones, where there are any."""

    words: str = ""
    group: str = ""
    more_url: str | None = None
    first: bool = True


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that is in. `id` is what ending it is told; `here` is the one that reads this."""

    id: str
    agent: str | None
    since: int
    seen_at: int
    here: bool


@dataclass(frozen=True, slots=True)
class _Row:
    url: str
    date: str
    what: str
    number: str
    amount: str
    back: bool
    test: bool


def render_overview(
    env: Stationery, brand: Brand, viewer: Viewer, plans: Sequence[Plan | Own], receipts: Sequence[Listed]
) -> str:
    """Subscriptions, the newest receipts, and who this is."""
    setting = setting_of(env, viewer)
    shown = {
        "plans": tuple(
            shown_own(each, setting) if isinstance(each, Own) else shown_plan(each, setting) for each in plans
        ),
        "rows": tuple(_row(each, setting) for each in receipts),
        "name": names.shown(viewer.name) if viewer.name else None,
        "notices": notices_said(viewer.notices, setting),
    }
    return page_inside(env, brand, viewer, "overview", shown)


def render_list(env: Stationery, brand: Brand, viewer: Viewer, found: Sequence[Listed], search: Search) -> str:
    """A page of all receipts."""
    rows = tuple(_row(each, setting_of(env, viewer)) for each in found)
    return page_inside(env, brand, viewer, "list", {"rows": rows, "search": search})


def render_own_document(
    env: Stationery, brand: Brand, viewer: Viewer, invoice: Invoice, withdraw: str | None = None
) -> str:
    """One document with the way back, and the way to withdraw from the purchase where there is one."""
    return render_document(env, brand, invoice, "hub", {**_around(viewer, "document"), "withdraw": withdraw})


def render_withdrawal(
    env: Stationery, brand: Brand, viewer: Viewer, said: Declaration, standing: tuple[int | None, str]
) -> str:
    """Withdraw from this contract? `standing`: when that was received, None for not yet; and where the document is.

    It speaks as the pages of declarations do, in the languages that those have.
    """
    words, (received_at, back) = env.declared_words(viewer.locale), standing
    locale = formats.known_locale(viewer.locale)
    received = None if received_at is None else formats.moment(received_at, viewer.timezone, locale)
    shown = {"received": received, "back": back, "facts": facts_of(said, words, viewer.locale), "email": said.email}
    return render_page(env, brand, "withdrawal", words, {**_around(viewer, "withdrawal"), **shown})


def render_devices(env: Stationery, brand: Brand, viewer: Viewer, devices: Sequence[Device]) -> str:
    """Where the customer is signed in, and the way to end it."""
    setting = setting_of(env, viewer)

    def when(moment: int) -> str:
        return formats.moment(moment, setting.timezone, setting.locale)

    shown = [(each, agents.shown(each.agent, setting.words), when(each.since), when(each.seen_at)) for each in devices]
    return page_inside(env, brand, viewer, "sessions", {"devices": shown})


def page_inside(env: Stationery, brand: Brand, viewer: Viewer, name: str, values: Mapping[str, object]) -> str:
    """The page of the template `pages/<name>.html`, for whoever is in."""
    return render_page(env, brand, name, env.words(viewer.locale), {**_around(viewer, name), **values})


def _around(viewer: Viewer, name: str) -> dict[str, object]:
    return {"viewer": viewer, "here": name, "places": PLACES}


def setting_of(env: Stationery, viewer: Viewer) -> Setting:
    """Where this viewer reads."""
    return Setting(env.words(viewer.locale), formats.known_locale(viewer.locale), viewer.timezone, viewer.now)


def _row(listed: Listed, setting: Setting) -> _Row:
    entry, back = listed.entry, sentences.gives_back(listed.entry)
    amount = formats.money(entry.total, entry.currency, setting.locale)
    return _Row(
        url=listed.url,
        date=formats.day(entry.supplied_at, entry.timezone, setting.locale),
        what=_what(entry, setting),
        number=sentences.number(entry, setting.words) or "",
        amount=f"−{amount}" if back else amount,
        back=back and entry.lines > 0,
        test=entry.test,
    )


def _what(entry: Entry, setting: Setting) -> str:
    """The first thing bought, and how many more."""
    _ = setting.words.gettext
    if not entry.lines:
        return _("Refund") if sentences.gives_back(entry) else _("Payment")
    first, more = names.shown(entry.first), entry.lines - 1
    if not more:
        return first
    said = setting.words.ngettext("%(first)s and %(num)d more", "%(first)s and %(num)d more", more)
    return said % {"first": first, "num": more}

"""The merchant's pages of customers: who is found, and all that is known of one.

Rules: what customers and providers wrote is shown on one line and never obeyed; no link, code or card is among it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.core.cancelling import Standing
from worker.core.delivery import MailState
from worker.core.transaction import Customer
from worker.render import agents, formats, names
from worker.render.brand import Brand
from worker.render.console.audit import deeds, people
from worker.render.console.frame import Viewer, render_console, setting_of
from worker.render.console.listing import Line, short, when
from worker.render.console.mail_words import MARKS, kind_of, state_of
from worker.render.hub_pages import Device
from worker.render.own_subscriptions import Own
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting, ShownPlan, shown_plan

PATH = "/console/customers"


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer in a list; `by` and `matched` say why it is there."""

    id: str
    name: str | None
    company: str | None
    email: str | None
    by: str | None = None
    matched: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What was typed, and who was found: without words, who came last. `more`: there may be others."""

    typed: str
    hits: Sequence[Hit]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """A purchase email. `suppressed` says since when nothing goes there; `liftable` where no complaint did it."""

    address: str
    retired_at: int | None = None
    suppressed: int | None = None
    liftable: bool = False


@dataclass(frozen=True, slots=True)
class Sold:
    """A transaction of the customer's."""

    source: str
    source_id: str
    kind: str
    total: int | None
    currency: str | None
    occurred_at: int
    state: str
    test: bool
    last4: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class Mailed:
    """A mail in a list."""

    id: str
    kind: str
    recipient: str
    state: MailState
    at: int


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed, by whom, when."""

    at: int
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of a customer; each list is the newest first and holds no more than a page does."""

    id: str
    profile: Customer
    addresses: Sequence[Reached] = ()
    refs: Sequence[tuple[str, str]] = ()
    sold: Sequence[Sold] = ()
    plans: Sequence[Own] = ()
    mails: Sequence[Mailed] = ()
    sessions: Sequence[Device] = ()
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a press came to: `done` in a word, or what is `wrong` with the address that was `typed`."""

    done: str | None = None
    wrong: str | None = None
    typed: str = ""


def render_search(env: Stationery, brand: Brand, viewer: Viewer, search: Search) -> str:
    """Who was found."""
    setting = setting_of(env, viewer)
    lines = [_hit(hit, setting) for hit in search.hits]
    shown = {"typed": search.typed, "lines": lines, "more": search.more}
    return render_console(env, brand, viewer, "customers", shown)


def render_customer(env: Stationery, brand: Brand, viewer: Viewer, dossier: Dossier, said: Said) -> str:
    """One customer."""
    setting = setting_of(env, viewer)
    profile = dossier.profile
    name = short(profile.name or profile.company or profile.email or dossier.id)
    shown = {
        "here": "customers",
        "customer": dossier,
        "name": name,
        "facts": _facts(dossier, setting),
        "addresses": [(each, _address_words(each, setting)) for each in dossier.addresses],
        "sold": [_sold(each, setting) for each in dossier.sold],
        "plans": [_plan(each, setting) for each in dossier.plans],
        "mails": [mail_line(each, setting) for each in dossier.mails],
        "sessions": [_session(each, setting) for each in dossier.sessions],
        "changes": [_change(each, setting) for each in dossier.changes],
        "done": _done(said.done, setting),
        "said": said,
        "wrong": _wrong(said.wrong, setting),
    }
    return render_console(env, brand, viewer, "customer", shown)


def mail_line(mail: Mailed, setting: Setting) -> Line:
    """A mail as lists show it."""
    _ = setting.words.gettext
    tag = f"{MARKS[mail.state]} {state_of(mail.state, _)}"
    small = (f"{short(mail.recipient)} · {when(mail.at, setting)}",)
    return Line(kind_of(mail.kind, _), f"/console/mails/{mail.id}", small, tag)


def _hit(hit: Hit, setting: Setting) -> Line:
    _ = setting.words.gettext
    by = {
        "order": _("Order %(matched)s"),
        "number": _("Document %(matched)s"),
        "reference": _("Reference %(matched)s"),
        "card": _("Card ending in %(matched)s"),
        "email": _("Also known by %(matched)s"),
    }
    small = [short(each) for each in (hit.company if hit.name else None, hit.email) if each]
    if hit.by in by and hit.matched and hit.matched != hit.email:
        small.append(by[hit.by] % {"matched": short(hit.matched)})
    what = hit.name or hit.company or hit.email or _("No name or address yet")
    return Line(short(what), f"{PATH}/{hit.id}", tuple(each for each in small if each != what))


def _facts(dossier: Dossier, setting: Setting) -> list[tuple[str, str]]:
    _, profile = setting.words.gettext, dossier.profile
    place = profile.address
    parts = [getattr(place, name) for name in ("line1", "line2", "postal_code", "city", "region")] if place else []
    country = formats.country(place.country, setting.locale) if place and place.country else None
    facts = [
        (_("Mails go to"), profile.email or _("nowhere: no address is known yet")),
        (_("Company"), profile.company if profile.name else None),
        (_("Address"), ", ".join(short(each) for each in (*parts, country) if each)),
        (_("Tax ID"), profile.tax_id),
        (_("Phone"), profile.phone),
        (_("Language"), profile.locale),
        *((_("At %(provider)s") % {"provider": names.provider(source)}, ref) for source, ref in dossier.refs),
    ]
    return [(label, short(words)) for label, words in facts if words]


def _address_words(each: Reached, setting: Setting) -> tuple[str, ...]:
    _, said = setting.words.gettext, []
    if each.retired_at is not None:
        words = _("Replaced on %(date)s; still finds the customer, gets no mail.")
        said.append(words % {"date": setting.day(each.retired_at)})
    if each.suppressed is not None:
        words = (
            _("Suppressed since %(date)s: mails to it came back.")
            if each.liftable
            else _("Suppressed since %(date)s: its reader complained. What they ask for themselves still goes.")
        )
        said.append(words % {"date": setting.day(each.suppressed)})
    return tuple(said)


def kind_words(kind: str, setting: Setting) -> str:
    """What a transaction is, in a word."""
    _ = setting.words.gettext
    said = {
        "sale": _("Sale"),
        "renewal": _("Renewal"),
        "refund": _("Refund"),
        "subscription_changed": _("Subscription changed"),
        "customer_changed": _("Customer changed"),
        "payment_failed": _("Payment failed"),
    }
    return said.get(kind, kind)


def _sold(each: Sold, setting: Setting) -> Line:
    _ = setting.words.gettext
    states = {
        "due": _("On its way to a receipt"),
        "waiting": _("Waits"),
        "merged": _("Told twice"),
        "quarantined": _("In quarantine"),
    }
    small = [each.number and _("Document %(matched)s") % {"matched": short(each.number)}]
    small += [_("Order %(matched)s") % {"matched": short(each.source_id)}, names.provider(each.source)]
    small += [each.last4 and _("Card ending in %(matched)s") % {"matched": short(each.last4)}]
    tag = " · ".join(filter(None, (states.get(each.state), _("Test") if each.test else None))) or None
    amount = formats.money(each.total, each.currency, setting.locale) if each.total and each.currency else None
    what = f"{kind_words(each.kind, setting)}, {setting.day(each.occurred_at)}"
    return Line(what, None, (" · ".join(filter(None, small)),), tag, amount)


def _plan(own: Own, setting: Setting) -> ShownPlan:
    shown, _ = shown_plan(own.plan, setting), setting.words.gettext
    if own.standing is Standing.CANCELLING and own.asked_at is not None:
        words = _("Its cancellation was asked for on %(date)s and waits to be carried out at the provider.")
        return replace(
            shown, state=_("Cancellation asked for"), mark="◑", next=words % {"date": setting.day(own.asked_at)}
        )
    if own.standing is Standing.CANCELLED and not own.plan.ended:
        return replace(shown, state=_("Cancelled"), mark="○", next=None)
    return shown


def _session(device: Device, setting: Setting) -> Line:
    _ = setting.words.gettext
    seen = _("Last seen %(moment)s") % {"moment": when(device.seen_at, setting)}
    return Line(agents.shown(device.agent, setting.words), None, (seen,))


def _change(change: Change, setting: Setting) -> Line:
    _ = setting.words.gettext
    who = people(_).get(change.who, change.who)
    return Line(deeds(_).get(change.what, change.what), None, (f"{short(who)} · {when(change.at, setting)}",))


def _done(done: str | None, setting: Setting) -> str | None:
    _ = setting.words.gettext
    said = {
        "link": _("The link is on its way. It goes to the customer alone: you never see it."),
        "early": _("No link went: one was sent a short time ago. The earlier one still works."),
        "email": _("The address is corrected. What had failed there goes to the new one."),
        "lifted": _("The suppression is lifted. What was withheld and is still of use goes out now."),
        "kept": _("Nothing was lifted: it isn’t suppressed because of mails that came back."),
        "out": _("The customer is signed out everywhere, and no link that was mailed so far works any more."),
    }
    return said.get(done or "")


def _wrong(wrong: str | None, setting: Setting) -> str | None:
    _ = setting.words.gettext
    said = {
        "no_address": _("This isn’t an email address. It looks like name@example.com."),
        "taken": _("This address belongs to another customer."),
        "same": _("This is the address already."),
        "unknown": _("The address was changed meanwhile. Look again, and correct it if it is still wrong."),
    }
    return said.get(wrong or "")

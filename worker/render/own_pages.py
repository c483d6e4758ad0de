"""The pages on which customers change something: their details, their address, their subscriptions.

Rules: what is wrong stands beside its field, and what was typed stays; a cancellation that nobody confirmed yet is
shown as open, and its page says the day and what it means before the button is pressed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from worker.core.profile import FIELDS, FORMS, Wrong, form_of
from worker.core.rights import Act
from worker.render import formats, names
from worker.render.brand import Brand
from worker.render.hub_pages import Viewer, page_inside, setting_of
from worker.render.own_subscriptions import Own, notices_said, shown_own
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting
from worker.render.words import Words

_FILLS = {
    "name": "name",
    "company": "organization",
    "tax_id": "off",
    "phone": "tel",
    "line1": "address-line1",
    "line2": "address-line2",
    "city": "address-level2",
    "region": "address-level1",
    "postal_code": "postal-code",
    "country": "country",
}
"""What browsers fill in by themselves."""


@dataclass(frozen=True, slots=True)
class Details:
    """The form of a customer's details: what stands in it, and what is wrong with it."""

    typed: Mapping[str, str]
    wrong: Mapping[str, Wrong] = field(default_factory=dict)
    saved: bool = False
    may_change_email: bool = True


@dataclass(frozen=True, slots=True)
class NewEmail:
    """The form of a new address. `stale`: a fresh link first; `asked`: the proof is on its way there."""

    typed: str = ""
    wrong: bool = False
    same: bool = False
    limited: bool = False
    stale: bool = False
    asked: bool = False
    link_sent: bool = False


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    label: str
    value: str
    wrong: str | None
    hint: str | None
    fills: str


def render_details(env: Stationery, brand: Brand, viewer: Viewer, details: Details) -> str:
    """Name, tax number, telephone, and the billing address."""
    setting = setting_of(env, viewer)
    shown = [_field(name, details, setting.words) for name in FIELDS]
    countries = formats.countries(setting.locale)
    return page_inside(env, brand, viewer, "details", {"fields": shown, "details": details, "countries": countries})


def render_new_email(env: Stationery, brand: Brand, viewer: Viewer, form: NewEmail) -> str:
    """The form of a new address."""
    return page_inside(env, brand, viewer, "email", {"form": form})


def render_subscriptions(
    env: Stationery, brand: Brand, viewer: Viewer, own: Sequence[Own], *, card: bool = False
) -> str:
    """All subscriptions, those that go on first. `card`: who came for a card finds no page for it."""
    setting = setting_of(env, viewer)
    shown = {"plans": tuple(shown_own(each, setting) for each in own), "card": card}
    shown["notices"] = notices_said(viewer.notices, setting)
    return page_inside(env, brand, viewer, "subscriptions", shown)


def render_cancel(env: Stationery, brand: Brand, viewer: Viewer, own: Own) -> str:
    """Cancel this one? With the day, or the choice of two, and what it means."""
    return page_inside(env, brand, viewer, "cancel", _about(own, setting_of(env, viewer)))


def render_cancelling(env: Stationery, brand: Brand, viewer: Viewer, own: Own, *, thanked: bool) -> str:
    """The wish is received; who likes to says why."""
    values = {**_about(own, setting_of(env, viewer)), "thanked": thanked}
    return page_inside(env, brand, viewer, "cancelling", values)


def render_change(env: Stationery, brand: Brand, viewer: Viewer, own: Own, act: Act) -> str:
    """Pause, resume or keep this one? With what it means."""
    setting = setting_of(env, viewer)
    values = {**_about(own, setting), "said": _asked(own, act, setting), "url": f"{own.url}/{act.value}"}
    return page_inside(env, brand, viewer, "change", values)


@dataclass(frozen=True, slots=True)
class CardPage:
    """The way to the provider's page for the card: `link` once it is there; `failed`: the provider gave none."""

    provider: str
    link: str | None = None
    failed: bool = False


def render_card(env: Stationery, brand: Brand, viewer: Viewer, own: Own, card: CardPage) -> str:
    """Over to the provider's own page."""
    state = "ready" if card.link else "failed" if card.failed else "asking"
    shown = {"provider": card.provider, "link": card.link, "state": state}
    return page_inside(env, brand, viewer, "card", {**_about(own, setting_of(env, viewer)), **shown})


@dataclass(frozen=True, slots=True)
class _Asked:
    title: str
    question: str
    lines: tuple[str, ...]
    button: str


def _asked(own: Own, act: Act, setting: Setting) -> _Asked:
    _, name = setting.words.gettext, names.shown(own.plan.name) if own.plan.name else None
    mailed = _("You get a mail once it is done.")
    match act:
        case Act.PAUSE:
            question = _("Pause %(name)s?") % {"name": name} if name else _("Pause this subscription?")
            charged = _("Nothing is charged while it is paused. You can have it go on again at any time.")
            return _Asked(_("Pause a subscription"), question, (charged, mailed), _("Pause the subscription"))
        case Act.RESUME:
            question = _("Resume %(name)s?") % {"name": name} if name else _("Resume this subscription?")
            charged = _("It goes on, and is charged again from its next payment on.")
            return _Asked(_("Resume a subscription"), question, (charged, mailed), _("Resume the subscription"))
        case _:
            question = _("Keep %(name)s?") % {"name": name} if name else _("Keep this subscription?")
            charged = _("Your cancellation is taken back: it goes on, and is charged as before.")
            return _Asked(_("Keep a subscription"), question, (charged, mailed), _("Keep the subscription"))


def _about(own: Own, setting: Setting) -> dict[str, object]:
    later = own.ends_at is not None and own.ends_at > (own.asked_at or setting.now)
    return {
        "plan": shown_own(own, setting),
        "name": names.shown(own.plan.name) if own.plan.name else None,
        "ends": setting.day(own.ends_at) if later and own.ends_at is not None else None,
        "url": own.url,
        "at_once": own.at_once,
        "split": own.plan.subscription.payments_total is not None,
    }


def _field(name: str, details: Details, words: Words) -> _Field:
    wrong = details.wrong.get(name)
    return _Field(
        name=name,
        label=_label(name, words),
        value=details.typed.get(name, ""),
        wrong=_said(wrong, name, details.typed.get("country", ""), words) if wrong else None,
        hint=words.gettext("For business customers, such as DE123456789") if name == "tax_id" else None,
        fills=_FILLS[name],
    )


def _label(name: str, words: Words) -> str:
    _ = words.gettext
    return {
        "name": _("Name"),
        "company": _("Company"),
        "tax_id": _("Tax number"),
        "phone": _("Telephone"),
        "line1": _("Street and number"),
        "line2": _("Flat, floor, building"),
        "city": _("Town"),
        "region": _("State or region"),
        "postal_code": _("Postal code"),
        "country": _("Country"),
    }[name]


def _said(wrong: Wrong, name: str, country: str, words: Words) -> str:
    _ = words.gettext
    match wrong:
        case Wrong.MISSING:
            return _("Choose a country.") if name == "country" else _("This is needed for an address.")
        case Wrong.POSTAL_CODE:
            example = form_of(country.upper()).example if country.upper() in FORMS else ""
            return _("This isn’t a postal code of that country. It looks like %(example)s.") % {"example": example}
        case Wrong.COUNTRY:
            return _("Choose a country from the list.")
        case Wrong.PHONE:
            return _("Use digits and blanks only, such as +44 20 7946 0000.")
        case Wrong.TOO_LONG:
            return _("This is too long: at most 200 characters.")

"""The pages on which a cancellation or withdrawal is declared without signing in: the form, the same once more with the
button that counts, and that it was received.

Rules: the buttons say what the law wants them to say (§ 312k (2) BGB; Directive 2011/83/EU Art. 11a (1) and (3)); none
of the pages depends on who is known; what was typed is kept, and an error stands beside its field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from worker.core.declaration import LONGEST, Declaration, Manner, What
from worker.render import formats, names
from worker.render.brand import Brand
from worker.render.pages import render_page
from worker.render.stationery import Stationery
from worker.render.words import Words

PLACES = {What.CANCEL: "/cancel/", What.WITHDRAW: "/withdraw/"}


@dataclass(frozen=True, slots=True)
class Asking:
    """How a page of declarations speaks: what is declared, in which language, and its form's hidden field."""

    what: What
    csrf: str = ""
    locale: str = "en"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class DeclareForm:
    """What stands in the form and what is wrong with it; `again`: the browser has to press once more."""

    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: frozenset[str] = frozenset()
    again: bool = False


@dataclass(frozen=True, slots=True)
class ReceivedPage:
    """It was received at that moment (UTC microseconds); `page` is the secret of the page that was pressed.

    `mailed`: the confirmation is on its way.
    """

    said: Declaration
    received_at: int
    page: str
    mailed: bool


def render_declare(env: Stationery, brand: Brand, asking: Asking, form: DeclareForm) -> str:
    """The form."""
    values = {"form": form, "longest": LONGEST, "ordinary": form.typed.get("manner") != Manner.EXTRAORDINARY}
    return _page(env, brand, asking, "declare", values)


def render_sure(env: Stationery, brand: Brand, asking: Asking, said: Declaration, page: str) -> str:
    """What will be declared, and the button that declares it."""
    words = env.declared_words(asking.locale)
    values = {"facts": facts_of(said, words, asking.locale), "typed": {**said.typed, "page": page}}
    return _page(env, brand, asking, "declare_sure", values)


def render_declared(env: Stationery, brand: Brand, asking: Asking, shown: ReceivedPage) -> str:
    """That it was received, when, and how to keep it."""
    words = env.declared_words(asking.locale)
    values = {
        "facts": facts_of(shown.said, words, asking.locale),
        "typed": {**shown.said.typed, "page": shown.page},
        "email": shown.said.email,
        "mailed": shown.mailed,
        "moment": formats.moment(shown.received_at, asking.timezone, formats.known_locale(asking.locale)),
    }
    return _page(env, brand, asking, "declared", values)


def text_of(env: Stationery, brand: Brand, asking: Asking, shown: ReceivedPage) -> str:
    """The same as plain text, to be kept."""
    words = env.declared_words(asking.locale)
    _ = words.gettext
    moment = formats.moment(shown.received_at, asking.timezone, formats.known_locale(asking.locale))
    received = _("Received by %(shop)s on %(moment)s") % {"shop": brand.name, "moment": moment}
    lines = [received, "", *(f"{label}: {value}" for label, value in facts_of(shown.said, words, asking.locale))]
    return formats.plain("\r\n".join([*lines, ""]))


def facts_of(said: Declaration, words: Words, locale: str) -> tuple[tuple[str, str], ...]:
    """What is declared, field by field, each with its label."""
    _ = words.gettext
    facts = [
        (_("Declaration"), _kind(said, words)),
        (_("Name"), names.shown(said.name)),
        (_("Order, product or contract"), names.shown(said.contract)),
        (_("Email address"), said.email),
    ]
    if said.what is What.CANCEL:
        day = said.end_on and formats.date_of(date.fromisoformat(said.end_on), formats.known_locale(locale))
        facts.append((_("To end"), _("on %(date)s") % {"date": day} if day else _("at the earliest possible time")))
    if said.reason:
        facts.append((_("Reason"), names.shown(said.reason)))
    return tuple(facts)


def _kind(said: Declaration, words: Words) -> str:
    _ = words.gettext
    if said.what is What.WITHDRAW:
        return _("I withdraw from the contract named here")
    if said.manner is Manner.EXTRAORDINARY:
        return _("I cancel the contract named here for an important reason (extraordinary cancellation)")
    return _("I cancel the contract named here (ordinary cancellation)")


def _page(env: Stationery, brand: Brand, asking: Asking, name: str, values: Mapping[str, object]) -> str:
    around = {"asking": asking, "cancels": asking.what is What.CANCEL, "action": PLACES[asking.what]}
    return render_page(env, brand, name, env.declared_words(asking.locale), {**around, **values})

"""The audit as a page: who did what, day by day, the newest first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from urllib.parse import urlencode

from worker.render import agents, formats, names
from worker.render.brand import Brand
from worker.render.console.frame import Viewer, render_console, setting_of
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting

AUDIT, AS_CSV = "/console/audit", "/console/audit.csv"
FIELDS = ("who", "what", "customer", "day")
_LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True)
class Noted:
    """One entry. `at` is UTC microseconds; `customer` is who it is about: an id and an address."""

    at: int
    who: str
    what: str
    customer: tuple[str, str] | None = None
    subject: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of entries for what was `typed`; `wrong` names fields that make no sense. `more` is the place of the next
    page, `people` who may be chosen."""

    entries: Sequence[Noted]
    typed: Mapping[str, str]
    wrong: frozenset[str] = frozenset()
    first: bool = True
    more: str | None = None
    people: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    time: str
    what: str
    who: str
    customer: tuple[str, str] | None
    details: tuple[str, ...]


def render_audit(env: Stationery, brand: Brand, viewer: Viewer, page: AuditPage) -> str:
    """The page."""
    setting = setting_of(env, viewer)
    said = deeds(setting.words.gettext)
    typed = {name: page.typed.get(name, "") for name in FIELDS}
    asked = {name: value for name, value in typed.items() if value}
    shown = {
        "page": page,
        "typed": typed,
        "days": _days(page.entries, said, setting),
        "deeds": sorted(said.items(), key=lambda each: each[1]),
        "csv_url": _url(AS_CSV, asked),
        "more_url": _url(AUDIT, {**asked, "before": page.more}) if page.more else None,
        "newest_url": _url(AUDIT, asked),
        "action": AUDIT,
    }
    return render_console(env, brand, viewer, "audit", shown)


def _url(path: str, asked: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path


def _days(entries: Sequence[Noted], said: Mapping[str, str], setting: Setting) -> list[tuple[str, list[_Row]]]:
    grouped = groupby(entries, key=lambda each: setting.day(each.at))
    return [(day, [_row(each, said, setting) for each in group]) for day, group in grouped]


def _row(noted: Noted, said: Mapping[str, str], setting: Setting) -> _Row:
    details = [_detail(name, value, setting) for name, value in noted.details.items() if value not in (None, "")]
    return _Row(
        time=formats.clock(noted.at, setting.timezone, setting.locale),
        what=said.get(noted.what, _spaced(noted.what)),
        who=names.shown(people(setting.words.gettext).get(noted.who, noted.who)),
        customer=noted.customer,
        details=tuple([names.shown(noted.subject)] if noted.subject else []) + tuple(details),
    )


def _detail(name: str, value: object, setting: Setting) -> str:
    if name == "browser":
        return agents.shown(str(value), setting.words)
    return f"{_spaced(name)}: {_plain(value)}"


def _plain(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return names.shown(text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…")


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def people(_: Callable[[str], str]) -> dict[str, str]:
    """Who is no address."""
    return {
        "command": _("a command"),
        "customer": _("the customer"),
        "mail": _("a mail"),
        "merchant": _("the merchant, by a mail’s link"),
        "provider": _("the provider"),
        "web": _("somebody on a web page"),
    }


def deeds(_: Callable[[str], str]) -> dict[str, str]:
    """What was done, in words; the audit keeps the short ones."""
    return {
        "console_sign_in": _("Came into the console"),
        "console_sign_out_everywhere": _("Signed out of the console everywhere"),
        "console_link": _("A link to the console was printed"),
        "fix_email": _("Address corrected"),
        "email_changed": _("Address changed"),
        "email_change_asked": _("Change of address asked for"),
        "email_change_undone": _("Change of address undone"),
        "profile_changed": _("Details changed"),
        "resend": _("Mail sent again"),
        "cancel_asked": _("Cancellation asked for"),
        "cancel_done": _("Cancellation done"),
        "declared": _("Declared on a page"),
        "declaration_settled": _("Declaration seen to"),
        "action_again": _("Asked of the provider once more"),
        "undo_cancel_asked": _("Cancellation taken back"),
        "undo_cancel_done": _("It goes on again"),
        "pause_asked": _("Pause asked for"),
        "pause_done": _("Paused"),
        "resume_asked": _("Resuming asked for"),
        "resume_done": _("Resumed"),
        "details_asked": _("New details on their way to the provider"),
        "details_done": _("New details known at the provider"),
        "cancellation notice received": _("Cancellation declared by mail"),
        "setting_made": _("Setting made"),
        "setting_given_back": _("Setting given back to the file"),
        "key_in_use": _("A new key signs links"),
        "key_rotated": _("A new key was made"),
        "key_retired": _("An old key was retired"),
        "send_link": _("Link sent to a customer"),
        "end_sessions": _("Customer signed out everywhere"),
        "lift_suppression": _("Suppression lifted"),
        "mail_arrived": _("Parked mail noted as arrived"),
        "requeue": _("Tried again from the quarantine"),
        "import": _("History imported"),
        "restore": _("Restored from a backup"),
        "release_numbers": _("Invoice numbers go on"),
    }

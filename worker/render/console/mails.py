"""The merchant's pages of mails: the list, and one with all that happened to it.

Rules: what relays and readers' servers said is shown on one line and never obeyed; no link or code of a customer's is
on these pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from worker.core.bounce import Happening
from worker.core.delivery import MailState
from worker.render import formats
from worker.render.brand import Brand
from worker.render.console.customers import Mailed, mail_line
from worker.render.console.frame import Viewer, render_console, setting_of
from worker.render.console.listing import Line, short, when
from worker.render.console.mail_words import MARKS, happening_of, kind_of, next_of, result_of, state_of
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting

PATH = "/console/mails"


@dataclass(frozen=True, slots=True)
class MailList:
    """A page of mails and what was chosen; `wrong`: the address typed is none. `before` is where the next begins."""

    mails: Sequence[Mailed]
    state: str = ""
    typed: str = ""
    wrong: bool = False
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A try at the relay and its words."""

    at: int
    result: str
    state: str
    code: int | None
    reply: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """What came back of the mail, and the words with it."""

    at: int
    happening: Happening
    words: str


@dataclass(frozen=True, slots=True)
class MailStory:
    """A mail and all that happened to it, the oldest first. `number` and `total` are of its document.

    `once` makes two presses of one page one wish; `previewed`: it can be looked at; `receipt`: it can be sent again.
    """

    id: str
    kind: str
    recipient: str
    state: MailState
    reason: str | None
    created_at: int
    due_at: int
    customer_id: str | None
    once: str
    number: str | None = None
    total: tuple[int, str] | None = None
    tried: Sequence[Tried] = ()
    came_back: Sequence[CameBack] = ()
    previewed: bool = True
    receipt: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What a press came to: `done` in a word, or what is `wrong` with the address that was `typed`."""

    done: str | None = None
    wrong: str | None = None
    typed: str = ""


def render_mails(env: Stationery, brand: Brand, viewer: Viewer, shown: MailList) -> str:
    """The list."""
    setting = setting_of(env, viewer)
    _ = setting.words.gettext
    older = urlencode({"state": shown.state, "before": shown.before}) if shown.before else None
    values = {
        "page": shown,
        "lines": [mail_line(each, setting) for each in shown.mails],
        "states": [(state.value, state_of(state, _)) for state in MailState],
        "older": f"{PATH}?{older}" if older else None,
    }
    return render_console(env, brand, viewer, "mails", values)


def render_mail(env: Stationery, brand: Brand, viewer: Viewer, mail: MailStory, told: Told) -> str:
    """One mail."""
    setting = setting_of(env, viewer)
    _ = setting.words.gettext
    values = {
        "here": "mails",
        "mail": mail,
        "title": kind_of(mail.kind, _),
        "state": f"{MARKS[mail.state]} {state_of(mail.state, _)}",
        "next": _next(mail, setting),
        "facts": _facts(mail, setting),
        "story": _story(mail, setting),
        "parked": mail.state is MailState.PARKED,
        "done": _done(told.done, setting),
        "told": told,
        "wrong": _wrong(told.wrong, setting),
    }
    return render_console(env, brand, viewer, "mail", values)


def _next(mail: MailStory, setting: Setting) -> str:
    _ = setting.words.gettext
    if mail.state in (MailState.DUE, MailState.DEFERRED) and mail.due_at > setting.now:
        return _("The next try is at %(time)s.") % {"time": when(mail.due_at, setting)}
    return next_of(mail.state, mail.reason, _)


def _facts(mail: MailStory, setting: Setting) -> list[tuple[str, str]]:
    _ = setting.words.gettext
    facts = [(_("To"), short(mail.recipient)), (_("Document"), short(mail.number or ""))]
    if mail.total is not None:
        facts.append((_("Amount"), formats.money(*mail.total, setting.locale)))
    return [(label, words) for label, words in facts if words]


def _story(mail: MailStory, setting: Setting) -> list[Line]:
    _ = setting.words.gettext
    lines = [(mail.created_at, _("Put into the queue"), "")]
    for each in mail.tried:
        said = f"{each.code} {each.reply}" if each.code is not None else each.reply
        lines.append((each.at, result_of(each.result, each.state, _), said))
    lines += [(each.at, happening_of(each.happening, _), each.words) for each in mail.came_back]
    lines.sort(key=lambda line: line[0])
    return [Line(what, None, tuple(filter(None, (short(said), when(at, setting))))) for at, what, said in lines]


def _done(done: str | None, setting: Setting) -> str | None:
    _ = setting.words.gettext
    said = {
        "again": _("It goes out again, as a mail of its own."),
        "arrived": _("Noted: it arrived."),
        "before": _("That was said before; nothing more was done."),
    }
    return said.get(done or "")


def _wrong(wrong: str | None, setting: Setting) -> str | None:
    _ = setting.words.gettext
    said = {
        "no_address": _("This isn’t an email address. It looks like name@example.com."),
        "NO_RECEIPT": _("Only receipts can be sent again."),
        "SUPPRESSED": _(
            "Mails to this address came back, or its reader complained. Take another address, or lift the suppression."
        ),
        "ON_ITS_WAY": _("It is still on its way and goes out by itself."),
    }
    return said.get(wrong or "")

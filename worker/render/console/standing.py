"""How each part of the installation is, in words: what the merchant reads first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from worker.core.relay import Away, RelayState, opens_at
from worker.core.wellbeing import MOST, Health, Part, Standing, Watched
from worker.render import formats, names
from worker.render.subscriptions import Setting

_MARKS = {Health.WELL: "✓", Health.OFF: "·", Health.HEALS: "↻", Health.WRONG: "!"}


@dataclass(frozen=True, slots=True)
class Told:
    """A part: a sign, its name, how it is, and where to see more (a button's words and a path)."""

    health: Health
    mark: str
    name: str
    words: str
    see: tuple[str, str] | None = None


def told(standing: Standing, found: Mapping[Part, Health], setting: Setting) -> tuple[Told, ...]:
    """Every part in its order; those that are only worth a word when something is wrong are left out while all is
    well."""
    said = {part: _say(part, found[part], standing, setting) for part in found}
    return tuple(each for each in said.values() if each is not None)


def _say(part: Part, health: Health, standing: Standing, setting: Setting) -> Told | None:
    name, words, see = _SAID[part](standing, health, setting)
    return Told(health, _MARKS[health], name, words, see) if words else None


_Said = tuple[str, str, tuple[str, str] | None]


def _relay(standing: Standing, health: Health, setting: Setting) -> _Said:
    _ = setting.words.gettext
    name, again = _("Relay"), opens_at(standing.relay)
    if again is None:
        return name, _("Takes mail."), None
    values = {"why": _why(standing.relay, _), "time": _when(max(again, setting.now), setting)}
    if standing.relay.paused_at is None:
        return (
            name,
            _("Can’t be reached just now: %(why)s. The next try is at %(time)s. Nothing is lost.") % values,
            None,
        )
    values["since"] = _when(standing.relay.paused_at, setting)
    words = _("Paused since %(since)s: %(why)s. The next try is at %(time)s. Nothing is lost.")
    return name, words % values, None


def _queue(standing: Standing, health: Health, setting: Setting) -> _Said:
    _, count = setting.words.gettext, standing.on_their_way
    name = _("Mail to send")
    if not count:
        return name, _("Nothing waits."), None
    words = _counted(
        setting.words.ngettext("%(num)s mail waits.", "%(num)s mails wait.", min(count, MOST)), count, setting
    )
    if standing.oldest_due is not None:
        words += " " + _("The oldest is due since %(time)s.") % {"time": _when(standing.oldest_due, setting)}
    if health is Health.WRONG:
        words += " " + _("Nobody takes them: is letterkey run running, with its part outbound?")
    return name, words, None


def _sales(standing: Standing, health: Health, setting: Setting) -> _Said:
    _ = setting.words.gettext
    if health is Health.WELL or standing.oldest_sale is None:
        return _("Sales"), "", None
    words = _(
        "A sale has been due since %(time)s. Nobody takes it: is letterkey run running, with its part transactions?"
    )
    return _("Sales"), words % {"time": _when(standing.oldest_sale, setting)}, None


def _numbers(standing: Standing, health: Health, setting: Setting) -> _Said:
    _ = setting.words.gettext
    words = _("This was restored from a backup, and no invoice takes a number until letterkey says which is the next.")
    return _("Invoice numbers"), words if standing.held else "", None


def _mail_in(standing: Standing, health: Health, setting: Setting) -> _Said:
    _ = setting.words.gettext
    name = _("Mail that comes in")
    if health is Health.OFF:
        return name, _("Customers can’t write yet: neither inbound.imap_url nor inbound.smtp_listen is set."), None
    said = [_mailbox(each, setting) for each in standing.mailboxes]
    if standing.watches and not said:
        said = [_never_read(setting)]
    said.append(
        _("Last mail: %(time)s.") % {"time": _when(standing.mail_at, setting)}
        if standing.mail_at is not None
        else _("No mail has come yet.")
    )
    return name, " ".join(said), None


def _mailbox(each: Watched, setting: Setting) -> str:
    _ = setting.words.gettext
    if each.failing_since is not None:
        words = _("The mailbox can’t be read since %(time)s. Mails wait there; the journal says why.")
        return words % {"time": _when(each.failing_since, setting)}
    if each.looked_at is None:
        return _never_read(setting)
    return _("Mailbox last read: %(time)s.") % {"time": _when(each.looked_at, setting)}


def _never_read(setting: Setting) -> str:
    return setting.words.gettext("The mailbox was never read yet: is letterkey run running, with its part inbound?")


def _failed(standing: Standing, health: Health, setting: Setting) -> _Said:
    _, count = setting.words.gettext, standing.mails.get("failed", 0)
    name = _("Failed today")
    if not count:
        return name, _("None."), None
    said = setting.words.ngettext(
        "%(num)s mail could not be delivered. Its address may be mistyped.",
        "%(num)s mails could not be delivered. Their addresses may be mistyped.",
        min(count, MOST),
    )
    return name, _counted(said, count, setting), (_("See the mails"), "/console/mails")


def _parked(standing: Standing, health: Health, setting: Setting) -> _Said:
    _, count = setting.words.gettext, standing.mails.get("parked", 0)
    name = _("Parked")
    if not count:
        return name, "", None
    said = setting.words.ngettext(
        "Nobody knows whether %(num)s mail arrived. Decide whether it goes once more.",
        "Nobody knows whether %(num)s mails arrived. Decide whether they go once more.",
        min(count, MOST),
    )
    return name, _counted(said, count, setting), (_("See the mails"), "/console/mails")


def _quarantine(standing: Standing, health: Health, setting: Setting) -> _Said:
    _, count = setting.words.gettext, standing.quarantined
    name = _("Quarantine")
    if not count:
        return name, _("Empty: everything that came in was understood."), None
    said = setting.words.ngettext(
        "%(num)s event or mail was not understood. Nothing of it is lost.",
        "%(num)s events or mails were not understood. Nothing of them is lost.",
        min(count, MOST),
    )
    return name, _counted(said, count, setting), (_("See the queue"), "/console/queue")


def _actions(standing: Standing, health: Health, setting: Setting) -> _Said:
    _, count = setting.words.gettext, standing.actions
    name = _("To do at your providers")
    if not count:
        return name, _("Nothing."), None
    said = setting.words.ngettext(
        "%(num)s cancellation waits for you.", "%(num)s cancellations wait for you.", min(count, MOST)
    )
    return name, _counted(said, count, setting), (_("See what to do"), "/console/actions")


def _declarations(standing: Standing, health: Health, setting: Setting) -> _Said:
    _, count = setting.words.gettext, standing.declarations
    name = _("Declarations")
    if not count:
        return name, "", None
    said = setting.words.ngettext(
        "%(num)s cancellation or withdrawal was declared on your pages and waits for you.",
        "%(num)s cancellations or withdrawals were declared on your pages and wait for you.",
        min(count, MOST),
    )
    return name, _counted(said, count, setting), (_("See to them"), "/console/declarations")


_SAID: dict[Part, Callable[[Standing, Health, Setting], _Said]] = {
    Part.RELAY: _relay,
    Part.QUEUE: _queue,
    Part.SALES: _sales,
    Part.NUMBERS: _numbers,
    Part.MAIL_IN: _mail_in,
    Part.FAILED: _failed,
    Part.PARKED: _parked,
    Part.QUARANTINE: _quarantine,
    Part.ACTIONS: _actions,
    Part.DECLARATIONS: _declarations,
}


def heard(standing: Standing, setting: Setting) -> tuple[tuple[str, str], ...]:
    """Each source of events by its name, and when it was last heard of."""
    _ = setting.words.gettext
    return tuple(
        (
            names.provider(each.source),
            _("last event %(time)s") % {"time": _when(each.last_at, setting)}
            if each.last_at is not None
            else _("no event yet"),
        )
        for each in standing.heard
    )


def _why(relay: RelayState, _: Callable[[str], str]) -> str:
    reasons = {
        "relay_refused": _("it refused us; look at the user and password in mail.smtp_url"),
        "relay_insecure": _("its certificate or STARTTLS is no good, and mail doesn’t go without"),
        "relay_unsuitable": _("it lacks what we need; look at mail.smtp_url"),
        "sender_refused": _("it refuses our sender; look at mail.from and what the relay allows"),
        "policy_refused": _("it refuses most mails for reasons of policy; ask whoever runs it"),
    }
    away = {
        Away.NAME_UNKNOWN: _("its name isn’t found; look at mail.smtp_url"),
        Away.NOBODY_THERE: _("nobody answers there"),
        Away.TOO_SLOW: _("it takes too long to answer"),
        Away.NOT_SMTP: _("what answers there doesn’t speak SMTP; look at the port in mail.smtp_url"),
        Away.HUNG_UP: _("it hung up"),
        Away.BUSY: _("it asks us to come back later"),
    }
    unknown = _("the journal says why")
    if relay.paused:
        return reasons.get(relay.reason or "", unknown)
    return away[relay.away] if relay.away is not None else unknown


def _counted(said: str, count: int, setting: Setting) -> str:
    """The number in the sentence; more than `MOST` are not counted."""
    shown = formats.whole(min(count, MOST), setting.locale)
    if count > MOST:
        shown = setting.words.gettext("more than %(number)s") % {"number": shown}
    words = said % {"num": shown}
    return words[:1].upper() + words[1:]


def _when(moment: int, setting: Setting) -> str:
    """A clock time where it is today, else with its day."""
    same = formats.day(moment, setting.timezone, setting.locale) == setting.day(setting.now)
    return (formats.clock if same else formats.moment)(moment, setting.timezone, setting.locale)

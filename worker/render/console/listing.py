"""What lists of the console share: rows, how long something waits, moments by the merchant's clock."""

from dataclasses import dataclass

from worker.render import formats, names
from worker.render.subscriptions import Setting

LONGEST = 200
"""Characters of what strangers wrote that a row shows."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row: what it is, where it leads, and what stands small below. `tag` is its state in a word."""

    what: str
    path: str | None = None
    small: tuple[str, ...] = ()
    tag: str | None = None
    amount: str | None = None


def when(moment: int, setting: Setting) -> str:
    """A clock time where it is today, else with its day."""
    same = setting.day(moment) == setting.day(setting.now)
    return (formats.clock if same else formats.moment)(moment, setting.timezone, setting.locale)


def waited(since: int, setting: Setting) -> str:
    """How long something waits: `3 days`, `2 hours`, `5 minutes`."""
    count, minutes = setting.words.ngettext, max(0, setting.now - since) // 60_000_000
    if minutes >= 2880:
        return count("%(num)d day", "%(num)d days", minutes // 1440) % {"num": minutes // 1440}
    if minutes >= 120:
        return count("%(num)d hour", "%(num)d hours", minutes // 60) % {"num": minutes // 60}
    return count("%(num)d minute", "%(num)d minutes", minutes) % {"num": minutes}


def short(text: str) -> str:
    """What a stranger wrote, on one line, in its own direction and no longer than a row holds."""
    text = names.shown(" ".join(text.split()))
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"

"""The console's first page: is all well, and what did this month bring?

Rules: how a part is stands there as a sign and in words; what needs nobody is said shortly, what needs the merchant
says what to do and comes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.month import Day
from worker.core.wellbeing import Health, Standing, health
from worker.render import formats
from worker.render.brand import Brand
from worker.render.console.chart import HEIGHT, WIDTH, Chart, bars_of
from worker.render.console.frame import Viewer, render_console, setting_of
from worker.render.console.standing import heard, told
from worker.render.stationery import Stationery
from worker.render.subscriptions import Setting


@dataclass(frozen=True, slots=True)
class Month:
    """What each day of a month brought so far; a day counts no further than `most`."""

    days: tuple[Day, ...]
    receipts: Sequence[int]
    links: Sequence[int]
    cancellations: Sequence[int]
    bounces: Sequence[int]
    most: int


@dataclass(frozen=True, slots=True)
class _TableRow:
    day: str
    counts: tuple[str, ...]


def render_home(env: Stationery, brand: Brand, viewer: Viewer, standing: Standing, month: Month) -> str:
    """How all is, and the month."""
    setting = setting_of(env, viewer)
    found = health(standing, viewer.now)
    parts = told(standing, found, setting)
    wrong = [each for each in parts if each.health is Health.WRONG]
    shown = {
        "wrong": wrong,
        "parts": [each for each in parts if each.health is not Health.WRONG],
        "heard": heard(standing, setting),
        "now": formats.moment(viewer.now, viewer.timezone, setting.locale),
        "month": formats.month(viewer.now, viewer.timezone, setting.locale),
        "charts": _charts(month, setting),
        "table": _table(month, setting),
        "last": len(month.days),
        "width": WIDTH,
        "height": HEIGHT,
    }
    return render_console(env, brand, viewer, "home", shown)


def _charts(month: Month, setting: Setting) -> tuple[Chart, ...]:
    _ = setting.words.gettext
    said = (
        ("receipts", _("Receipts mailed"), month.receipts),
        ("links", _("Links answered"), month.links),
        ("cancellations", _("Cancellations asked for"), month.cancellations),
        ("bounces", _("Mails that came back"), month.bounces),
    )
    return tuple(_chart(name, title, counts, month, setting) for name, title, counts in said)


def _chart(name: str, title: str, counts: Sequence[int], month: Month, setting: Setting) -> Chart:
    _, total = setting.words.gettext, sum(counts)
    shown = _at_least(total, max(counts, default=0) >= month.most, setting)
    if not total:
        return Chart(name, title, shown, _("None so far."), ())
    highest = max(counts)
    day = month.days[counts.index(highest)].date
    words = _("%(total)s so far; the most on %(day)s: %(number)s.") % {
        "total": shown,
        "day": formats.date_of(day, setting.locale),
        "number": _at_least(highest, highest >= month.most, setting),
    }
    return Chart(name, title, shown, words, bars_of(counts))


def _at_least(number: int, more: bool, setting: Setting) -> str:
    shown = formats.whole(number, setting.locale)
    return setting.words.gettext("%(number)s or more") % {"number": shown} if more else shown


def _table(month: Month, setting: Setting) -> tuple[_TableRow, ...]:
    """The days so far, the newest first."""
    rows = []
    for place, day in enumerate(month.days):
        if day.since <= setting.now:
            kinds = (month.receipts, month.links, month.cancellations, month.bounces)
            counts = (_at_least(each[place], each[place] >= month.most, setting) for each in kinds)
            rows.append(_TableRow(formats.date_of(day.date, setting.locale), tuple(counts)))
    return tuple(reversed(rows))

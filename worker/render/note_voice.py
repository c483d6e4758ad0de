"""The voice of notes: what all of them are about, say and look like."""

from collections.abc import Callable
from dataclasses import dataclass

from worker.core.plans import Plan
from worker.render import formats, names
from worker.render.subscriptions import Setting, shown_plan
from worker.render.words import Words


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What a cancellation is about. `ends_at` is the day the customer was told."""

    plan: Plan
    asked_at: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a note says, from top to bottom; its button leads to the note's `url`, its `door` to the purchases."""

    subject: str
    headline: str
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    button: str | None = None
    after: tuple[str, ...] = ()
    for_merchant: bool = False
    door: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """In which language and zone a note is read."""

    locale: str = "en"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Voice:
    """How a note speaks to its reader."""

    words: Words
    locale: str
    timezone: str
    shop: str

    @property
    def gettext(self) -> Callable[[str], str]:
        """The words in the reader's language."""
        return self.words.gettext

    def day(self, moment: int) -> str:
        """The date of a moment."""
        return formats.day(moment, self.timezone, self.locale)

    def moment(self, moment: int) -> str:
        """The date and time of a moment."""
        return formats.moment(moment, self.timezone, self.locale)

    def money(self, amount: int, currency: str) -> str:
        """An amount."""
        return formats.money(amount, currency, self.locale)

    def name(self, plan: Plan) -> str:
        """What the subscription is called."""
        return names.mailed(plan.name) if plan.name else self.gettext("your subscription")

    def named(self, plan: Plan, at: int) -> str:
        """Its name, where it has one, and what it costs how often."""
        price = shown_plan(plan, Setting(self.words, self.locale, self.timezone, at)).price
        return f"{names.mailed(plan.name)}, {price}" if plan.name else price


def facts_of(about: Cancellation, voice: Voice) -> tuple[tuple[str, str], ...]:
    """Which subscription, and when it ends."""
    _ = voice.gettext
    return ((_("Subscription"), voice.named(about.plan, about.asked_at)), (_("To end"), when(about, voice)))


def when(about: Cancellation, voice: Voice) -> str:
    """When it ends, in words that follow “it should end:”."""
    _ = voice.gettext
    if about.ends_at <= about.asked_at:
        return _("at once, with no further payment")
    return _("on %(date)s, with no further payment") % {"date": voice.day(about.ends_at)}

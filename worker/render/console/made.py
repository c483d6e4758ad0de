"""Settings as the console's forms show them: what each says, where that comes from, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from worker.render import formats
from worker.render.console.frame import Viewer, setting_of
from worker.render.stationery import Stationery
from worker.render.words import Words


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting. `given_at` is its place in file or environment; `made_by` and `made_at` where it was made here;
    `typed` is what a form says of it and nobody has saved.
    """

    name: str
    value: object
    given_at: str = ""
    made_by: str | None = None
    made_at: int = 0
    typed: bool = False
    wrong: str | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """What another merchant changed meanwhile."""

    name: str
    value: object
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Form:
    """A form of settings. `revision` is what it knows of, `left_out` was made here and doesn't hold any more."""

    settings: Mapping[str, Shown]
    revision: int
    saved: bool = False
    problems: Sequence[tuple[str, str]] = ()
    others: Sequence[Other] = ()
    left_out: Sequence[tuple[str, str]] = field(default=())

    @property
    def elsewhere(self) -> list[tuple[str, str]]:
        """Problems of settings that this form doesn't show."""
        return [(name, text) for name, text in self.problems if name not in self.settings]


def form_values(env: Stationery, viewer: Viewer, form: Form) -> dict[str, object]:
    """What the template of a form needs."""
    words = setting_of(env, viewer).words
    return {
        "form": form,
        "said_of": {name: _origin(words, shown, viewer) for name, shown in form.settings.items()},
        "said_at": {other.name: _moment(other.at, viewer) for other in form.others},
    }


def _origin(words: Words, shown: Shown, viewer: Viewer) -> str:
    """Where a value comes from."""
    if shown.typed:
        return words.gettext("Not saved yet")
    if shown.made_by is not None:
        said = words.gettext("Set here by %(who)s, %(when)s")
        return said % {"who": shown.made_by, "when": _moment(shown.made_at, viewer)}
    if shown.given_at.startswith("LETTERKEY_"):
        return words.gettext("From the environment: %(variable)s") % {"variable": shown.given_at}
    if shown.given_at:
        return words.gettext("From the file: %(place)s") % {"place": shown.given_at}
    return words.gettext("Not set") if shown.value == "" else words.gettext("Default")


def _moment(at: int, viewer: Viewer) -> str:
    locale = formats.known_locale(viewer.locale)
    return formats.moment(at, viewer.timezone, locale)

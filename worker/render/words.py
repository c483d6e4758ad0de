"""The words people read: gettext catalogues from `data/locale/*.po`, compiled in memory at start.

Rules: the source strings are English and stand in templates and code; a language without a catalogue, and a message
without a translation, stay English. Values go in by name (`%(amount)s`), never by pasting. What the law wants to be
read in one's own language has catalogues of its own (`data/locale/declarations/`), each of them whole.
"""

import gettext
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup

RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ur"))


@dataclass(frozen=True, slots=True)
class Words:
    """One language of a part of what people read. `html` and `text` are what templates of either kind call."""

    language: str
    part: str
    gettext: Callable[[str], str]
    ngettext: Callable[[str, str, int], str]
    html: Mapping[str, Callable[..., str]]
    text: Mapping[str, Callable[..., str]]

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, as HTML says it."""
        return "rtl" if self.language.split("_")[0] in RIGHT_TO_LEFT else "ltr"

    @property
    def start(self) -> str:
        """The side on which a line begins: mail programs know no other names for it than `left` and `right`."""
        return "right" if self.direction == "rtl" else "left"

    @property
    def end(self) -> str:
        """The side on which a line ends."""
        return "left" if self.direction == "rtl" else "right"


@dataclass(frozen=True, slots=True)
class Catalogues:
    """All languages that ship."""

    by_language: Mapping[str, Words]

    def words(self, locale: str) -> Words:
        """The words for a locale such as `de_AT`: of the region, else of the language, else English."""
        name = locale.replace("-", "_")
        return self.by_language.get(name) or self.by_language.get(name.split("_")[0]) or self.by_language["en"]


def load(directory: Path) -> Catalogues:
    """Every `<language>.po` in `directory`. Raises ValueError naming the file that can't be read."""
    part, files = directory.name, sorted(directory.glob("*.po"))
    found = {file.stem: _words((file.stem, part), _compiled(file)) for file in files}
    return Catalogues({"en": _words(("en", part), gettext.NullTranslations()), **found})


def _compiled(file: Path) -> gettext.NullTranslations:
    # Only whoever has a catalogue pays for Babel's reader.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        with file.open("rb") as source:
            catalogue = read_po(source, locale=file.stem, abort_invalid=True)
    except (PoFileError, ValueError, LookupError) as error:
        raise ValueError(f"{file}: {error}") from None
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _words(name: tuple[str, str], translations: gettext.NullTranslations) -> Words:
    say, count = translations.gettext, translations.ngettext
    return Words(*name, say, count, html=_for_html(say, count), text=_for_text(say, count))


def _for_text(say: Callable[[str], str], count: Callable[[str, str, int], str]) -> dict[str, Callable[..., str]]:
    def one(message: str, **values: object) -> str:
        return say(message) % values if values else say(message)

    def several(singular: str, plural: str, num: int, **values: object) -> str:
        return count(singular, plural, num) % {"num": num, **values}

    return {"_": one, "gettext": one, "ngettext": several}


def _for_html(say: Callable[[str], str], count: Callable[[str, str, int], str]) -> dict[str, Callable[..., str]]:
    """Messages are ours and safe; Markup escapes the values that go into them."""

    @cache
    def markup(message: str) -> Markup:
        return Markup(say(message))  # noqa: S704 - a message of our own catalogue

    def one(message: str, **values: object) -> str:
        return markup(message) % values if values else markup(message)

    def several(singular: str, plural: str, num: int, **values: object) -> str:
        return Markup(count(singular, plural, num)) % {"num": num, **values}  # noqa: S704

    return {"_": one, "gettext": one, "ngettext": several}

"""The stationery: all templates, compiled at start, with the merchant's own in place of ours where there are any.

Rules: a template that doesn't compile, an unknown file in the merchant's folder or a broken catalogue stops the start
with a message that says what to mend; a variable that doesn't exist is an error, never an empty string; HTML escapes
every value by itself.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateSyntaxError,
)
from markupsafe import Markup

from worker import shipped
from worker.render import words
from worker.render.colours import Colours
from worker.render.words import Catalogues, Words


class BadTemplate(ValueError):
    """A template or catalogue that stops the start; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Stationery:
    """Compiled templates and words. `styles` keeps each brand's filled style sheet, for filling it is not free."""

    jinja: Environment
    catalogues: Catalogues
    templates: Mapping[str, Template]
    styles: dict[Colours, dict[str, Markup]] = field(default_factory=dict)

    def words(self, locale: str) -> Words:
        """The words for that locale."""
        return self.catalogues.words(locale)

    def fill(self, name: str, words: Words, values: Mapping[str, Any]) -> str:
        """The template of that name, filled."""
        said = words.html if name.endswith(".html") else words.text
        return self.templates[name].render({**said, **values})

    def mail_styles(self, colours: Colours) -> dict[str, Markup]:
        """The values of `mail/styles.html` in a brand's colours: what goes into `style="…"`."""
        if colours not in self.styles:
            module = self.templates["mail/styles.html"].make_module({"light": colours.light, "dark": colours.dark})
            self.styles[colours] = {
                name: Markup(value)  # noqa: S704 - our own style sheet
                for name, value in vars(module).items()
                if isinstance(value, str) and not name.startswith("_")
            }
        return self.styles[colours]


def make_environment(override: Path | None = None) -> Stationery:
    """The stationery with the merchant's folder `override` first. Raises BadTemplate."""
    ours = shipped.path("templates")
    if override is not None:
        _check_names(override, ours)
    jinja = _environment([FileSystemLoader(folder) for folder in (override, ours) if folder is not None])
    try:
        catalogues = words.load(shipped.path("data", "locale"))
    except ValueError as error:
        raise BadTemplate(str(error)) from None
    return Stationery(jinja, catalogues, {name: _compiled(jinja, name) for name in jinja.list_templates()})


def _environment(loaders: list[FileSystemLoader]) -> Environment:
    several: list[BaseLoader] = [*loaders]
    environment = Environment(
        loader=ChoiceLoader(several),
        undefined=StrictUndefined,
        autoescape=_is_html,  # noqa: S701 - off for .txt alone
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.newstyle_gettext = True  # type: ignore[attr-defined]  # set by the extension
    return environment


def _is_html(name: str | None) -> bool:
    return name is None or not name.endswith(".txt")


def _compiled(jinja: Environment, name: str) -> Template:
    try:
        return jinja.get_template(name)
    except TemplateSyntaxError as error:
        where = f"{error.filename or name}, line {error.lineno}"
        raise BadTemplate(f"{where}: {error.message}") from None
    except UnicodeDecodeError:
        raise BadTemplate(f"{name}: is not written in UTF-8") from None


def _check_names(override: Path, ours: Path) -> None:
    """A misspelt file name would be a template that silently never counts."""
    known = [file.relative_to(ours).as_posix() for file in ours.rglob("*") if file.is_file()]
    if not override.is_dir():
        raise BadTemplate(f"{override}: is no folder")
    for file in sorted(override.rglob("*")):
        name = file.relative_to(override).as_posix()
        if file.suffix in (".html", ".txt", ".css") and name not in known:
            nearest = difflib.get_close_matches(name, known, 1, cutoff=0.0)
            raise BadTemplate(f"{file}: no template has this name; the nearest is {nearest[0]}")

"""The stationery: all templates and words, with the merchant's own templates in place of ours where there are any.

Rules: a template that doesn't compile, an unknown file in the merchant's folder or a broken catalogue stops the start
with a message that says what to mend; a variable that doesn't exist is an error, never an empty string; HTML escapes
every value by itself. `{{ s.label }}`, `{{ light.ink }}` and their like are the same in every mail of a merchant, so
they are put in before compiling: sixty of them in each mail would be a third of what it costs to write one.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, StrictUndefined, Template
from jinja2 import TemplateError as JinjaError
from markupsafe import Markup

from worker import shipped
from worker.render import words
from worker.render.brand import Brand
from worker.render.colours import Colours
from worker.render.words import Catalogues, Words

STYLES = "mail/styles.html"
_KINDS = ("html", "txt", "css")
_CONSTANT = re.compile(r"\{\{ (s|light|dark)\.(\w+) \}\}")


class BadTemplate(ValueError):
    """A template or catalogue that stops the start; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class _Source:
    text: str
    filename: str


@dataclass(frozen=True, slots=True)
class _Branded:
    """All templates compiled for one merchant's colours, and what each kind of template finds in every filling."""

    templates: Mapping[str, Template]
    constants: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stationery:
    """Templates by their names (`mail/alert/body.txt`), and words by language."""

    sources: Mapping[str, _Source]
    catalogues: Catalogues
    branded: dict[Colours, _Branded] = field(default_factory=dict)

    def words(self, locale: str) -> Words:
        """The words for that locale."""
        return self.catalogues.words(locale)

    def fill(self, brand: Brand, name: str, words: Words, values: Mapping[str, Any]) -> str:
        """The template of that name, filled. It also sees `brand`, `words`, `light`, `dark` and the styles `s`."""
        mine = self.compiled_for(brand)
        said = words.html if name.endswith(".html") else words.text
        template = mine.templates[name]
        # `Template.render` copies its globals twice for each filling; here they come as one ready mapping.
        context = template.new_context(
            {**mine.constants, **said, "brand": brand, "words": words, **values}, shared=True
        )
        return "".join(template.root_render_func(context))

    def compiled_for(self, brand: Brand) -> _Branded:
        """The templates in a merchant's colours, compiled on first use. Raises BadTemplate."""
        colours = brand.colours
        if colours not in self.branded:
            self.branded[colours] = _compile(self.sources, colours)
        return self.branded[colours]


def collect(override: Path | None) -> Stationery:
    """Reads all templates, the merchant's folder `override` first, and all words. Raises BadTemplate."""
    ours = shipped.path("templates")
    if override is not None:
        _check_names(override, ours)
    try:
        catalogues = words.load(shipped.path("data", "locale"))
    except ValueError as error:
        raise BadTemplate(str(error)) from None
    return Stationery(_read([folder for folder in (override, ours) if folder is not None]), catalogues)


def _read(folders: list[Path]) -> dict[str, _Source]:
    loaders: list[BaseLoader] = [FileSystemLoader(folder) for folder in folders]
    jinja, loader = Environment(autoescape=True), ChoiceLoader(loaders)
    names = [name for name in loader.list_templates() if name.rpartition(".")[2] in _KINDS]
    try:
        return {name: _Source(*map(str, loader.get_source(jinja, name)[:2])) for name in names}
    except UnicodeDecodeError as error:
        raise BadTemplate(f"a template in {folders[0]} is not written in UTF-8: {error}") from None


def _compile(sources: Mapping[str, _Source], colours: Colours) -> _Branded:
    constants: dict[str, Any] = {"light": colours.light, "dark": colours.dark}
    jinja = _environment({STYLES: _with_constants(sources[STYLES], constants)})
    styles = vars(_template(jinja, STYLES, sources).module).items()
    constants["s"] = SimpleNamespace(**{name: value for name, value in styles if isinstance(value, Markup)})
    jinja = _environment({name: _with_constants(source, constants) for name, source in sources.items()})
    templates = {name: _template(jinja, name, sources) for name in sources}
    return _Branded(templates, {**jinja.globals, **constants})


def _with_constants(source: _Source, constants: Mapping[str, Any]) -> _Source:
    def value(found: re.Match[str]) -> str:
        try:
            return str(getattr(constants[found[1]], found[2]))
        except (KeyError, AttributeError):
            raise BadTemplate(f"{source.filename}: there is no {found[1]}.{found[2]}") from None

    return _Source(_CONSTANT.sub(value, source.text), source.filename)


def _environment(sources: Mapping[str, _Source]) -> Environment:
    environment = Environment(
        loader=FunctionLoader(lambda name: _loaded(sources.get(name))),
        undefined=StrictUndefined,
        autoescape=_is_html,  # noqa: S701 - on for all HTML
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.newstyle_gettext = True  # type: ignore[attr-defined]  # set by the extension
    return environment


def _loaded(source: _Source | None) -> tuple[str, str, None] | None:
    return (source.text, source.filename, None) if source else None


def _is_html(name: str | None) -> bool:
    return name is None or name.endswith(".html")


def _template(jinja: Environment, name: str, sources: Mapping[str, _Source]) -> Template:
    try:
        return jinja.get_template(name)
    except JinjaError as error:
        line = getattr(error, "lineno", None)
        where = sources[name].filename + (f", line {line}" if line else "")
        raise BadTemplate(f"{where}: {error.message}") from None


def _check_names(override: Path, ours: Path) -> None:
    """A misspelt file name would be a template that silently never counts."""
    known = [file.relative_to(ours).as_posix() for file in ours.rglob("*") if file.is_file()]
    if not override.is_dir():
        raise BadTemplate(f"{override}: is no folder")
    for file in sorted(override.rglob("*")):
        name = file.relative_to(override).as_posix()
        if file.suffix[1:] in _KINDS and name not in known:
            nearest = difflib.get_close_matches(name, known, 1, cutoff=0.0)
            raise BadTemplate(f"{file}: no template has this name; the nearest is {nearest[0]}")

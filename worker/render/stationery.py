"""The stationery: all templates and words, with the merchant's own templates in place of ours where there are any.

Rules: a template that doesn't compile, an unknown file in the merchant's folder or a broken catalogue stops the start
with a message that says what to mend; a variable that doesn't exist is an error, never an empty string; HTML escapes
every value by itself. What is the same in every mail of one merchant and language is put in before compiling, for
filling it in each time would be a third of what a mail costs: `{{ s.label }}`, `{{ light.ink }}`, `{{ _("From") }}`.
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
from worker.render.words import Catalogues, Words

STYLES = "mail/styles.html"
_KINDS = ("html", "txt", "css")
_CONSTANT = re.compile(r"\{\{ (s|light|dark|words)\.(\w+) \}\}")
_PHRASE = re.compile(r'\{\{ _\("([^"\\%{}]+)"\) \}\}')


class BadTemplate(ValueError):
    """A template or catalogue that stops the start; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class _Source:
    text: str
    filename: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """All templates for one merchant and language, and what each kind of template finds in every filling."""

    templates: Mapping[str, Template]
    for_html: Mapping[str, Any]
    for_text: Mapping[str, Any]

    def fill(self, name: str, values: Mapping[str, Any]) -> str:
        """The template of that name, filled. It also sees `brand`, `words`, `light`, `dark` and the styles `s`."""
        template = self.templates[name]
        constants = self.for_html if name.endswith(".html") else self.for_text
        # `Template.render` copies its globals twice for each filling; here they come as one ready mapping.
        return "".join(template.root_render_func(template.new_context({**constants, **values}, shared=True)))


@dataclass(frozen=True, slots=True)
class Stationery:
    """Templates by their names (`mail/alert/body.txt`), and words by language."""

    sources: Mapping[str, _Source]
    catalogues: Catalogues
    declarations: Catalogues
    done: dict[tuple[Brand, str, str], Compiled] = field(default_factory=dict)

    def words(self, locale: str) -> Words:
        """The words for that locale."""
        return self.catalogues.words(locale)

    def declared_words(self, locale: str) -> Words:
        """The words for that locale on the pages and mails of declarations."""
        return self.declarations.words(locale)

    def declares_in(self, locale: str) -> bool:
        """Whether declarations have words of their own for that locale, English included."""
        return self.declared_words(locale).language == locale.replace("-", "_").split("_")[0]

    def compiled(self, brand: Brand, words: Words) -> Compiled:
        """The templates for a merchant and a language, compiled on first use. Raises BadTemplate."""
        key = (brand, words.language, words.part)
        if key not in self.done:
            self.done[key] = _compile(self.sources, brand, words)
        return self.done[key]

    def mails_alone(self) -> "Stationery":
        """Only what mails are made of, compiled anew: for a look that is shown once and then forgotten."""
        return Stationery(
            {name: each for name, each in self.sources.items() if name.startswith("mail/")},
            self.catalogues,
            self.declarations,
        )

    def for_brand(self, brand: Brand) -> "Stationery":
        """The same templates, ready for another look of the merchant; what was compiled for the old is forgotten."""
        kept = {key: compiled for key, compiled in self.done.items() if key[0] == brand}
        changed = Stationery(self.sources, self.catalogues, self.declarations, kept)
        changed.compiled(brand, self.words("en"))
        return changed


def collect(override: Path | None) -> Stationery:
    """Reads all templates, the merchant's folder `override` first, and all words. Raises BadTemplate."""
    ours = shipped.path("templates")
    if override is not None:
        _check_names(override, ours)
    try:
        catalogues = words.load(shipped.path("data", "locale"))
        declarations = words.load(shipped.path("data", "locale", "declarations"))
    except ValueError as error:
        raise BadTemplate(str(error)) from None
    return Stationery(_read([folder for folder in (override, ours) if folder is not None]), catalogues, declarations)


def _read(folders: list[Path]) -> dict[str, _Source]:
    loaders: list[BaseLoader] = [FileSystemLoader(folder) for folder in folders]
    jinja, loader = Environment(autoescape=True), ChoiceLoader(loaders)
    names = [name for name in loader.list_templates() if name.rpartition(".")[2] in _KINDS]
    try:
        return {name: _Source(*map(str, loader.get_source(jinja, name)[:2])) for name in names}
    except UnicodeDecodeError as error:
        raise BadTemplate(f"a template in {folders[0]} is not written in UTF-8: {error}") from None


def _compile(sources: Mapping[str, _Source], brand: Brand, words: Words) -> Compiled:
    colours = brand.colours
    constants: dict[str, Any] = {"light": colours.light, "dark": colours.dark, "words": words}
    jinja = _environment({STYLES: _with_constants(sources[STYLES], constants, words)})
    styles = vars(_template(jinja, STYLES, sources).module).items()
    constants["s"] = SimpleNamespace(**{name: value for name, value in styles if isinstance(value, Markup)})
    jinja = _environment({name: _with_constants(source, constants, words) for name, source in sources.items()})
    seen = {**jinja.globals, **constants, "brand": brand}
    templates = {name: _template(jinja, name, sources) for name in sources}
    return Compiled(templates, for_html={**seen, **words.html}, for_text={**seen, **words.text})


def _with_constants(source: _Source, constants: Mapping[str, Any], words: Words) -> _Source:
    def value(found: re.Match[str]) -> str:
        try:
            return str(getattr(constants[found[1]], found[2]))
        except (KeyError, AttributeError):
            raise BadTemplate(f"{source.filename}: there is no {found[1]}.{found[2]}") from None

    def phrase(found: re.Match[str]) -> str:
        said = words.gettext(found[1])
        return found[0] if "{" in said else said

    return _Source(_PHRASE.sub(phrase, _CONSTANT.sub(value, source.text)), source.filename)


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

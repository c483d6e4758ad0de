"""Reads the settings from a TOML file and the environment; everything that is wrong is told at once.

A problem says where (file and line, or the variable), which key, what is wrong and what to write. It never shows what
was written there, for that may be a secret.
"""

import copy
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from worker.settings.checks import cross_problems
from worker.settings.lines import first_lines
from worker.settings.names import PREFIX, Key, key_of, nearest, variable
from worker.settings.whole import Settings
from worker.settings.wrong import key_of_error, wrong

DEFAULT_FILE = Path("letterkey.toml")


class SettingsError(Exception):
    """The settings are wrong; `problems` has one sentence each, and so has the text."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["These settings are wrong; nothing was started.", *(f"  {p}" for p in problems)]))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class _Given:
    """What was given: the tables, and where each key comes from."""

    tables: dict[str, Any]
    file: Path | None
    text: str
    variables: dict[Key, str]


def find_config(given: Path | None) -> Path | None:
    """The file that `--config` names, else `./letterkey.toml` if it is there."""
    return given or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of this file (None: no file) and this environment, which wins; else SettingsError."""
    text = "" if path is None else _text(path)
    given = _with_environment(_tables(path, text), path, text, environ)
    try:
        settings = Settings.model_validate(given.tables)
    except ValidationError as error:
        problems = [_problem(each, given) for each in error.errors(include_url=False, include_input=False)]
    else:
        problems = [
            _told(each.because or each.key, f"{'.'.join(each.key)} {each.text}", given)
            for each in cross_problems(settings)
        ]
        if not problems:
            return settings.read_from(lambda key: _place(key, given))
    raise SettingsError(list(dict.fromkeys(problems)))  # outside the handler: no chained error shows the input


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise SettingsError([f"{path}: there is no such file; copy letterkey.sample.toml there"]) from None
    except UnicodeDecodeError:
        raise SettingsError([f"{path}: is not UTF-8 text; save it as UTF-8"]) from None
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror}"]) from None


def _tables(path: Path | None, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
    found = re.search(r" \(at line (\d+), column (\d+)\)", said)
    line, column = (found[1], found[2]) if found else (str(text.count("\n") + 1), "1")
    said = said.partition(" (at ")[0].lower()
    hint = "text stands in quotes, true and false in lower case"
    raise SettingsError([f"{path}:{line}: cannot be read from column {column} on ({said}); {hint}"])


def _with_environment(tables: dict[str, Any], path: Path | None, text: str, environ: Mapping[str, str]) -> _Given:
    whole, variables = copy.deepcopy(tables), {}
    for name in sorted(each for each in environ if each.startswith(PREFIX)):
        key = key_of(name, whole)
        variables[key] = name
        table = whole
        for part in key[:-1]:
            inner = table.get(part)
            table[part] = table = inner if isinstance(inner, dict) else {}
        table[key[-1]] = environ[name]
    return _Given(whole, path, text, variables)


def _problem(error: ErrorDetails, given: _Given) -> str:
    key = key_of_error(error)
    dotted = ".".join(key)
    if error["type"] != "extra_forbidden":
        return _told(key[:-1] if error["type"] == "missing" else key, f"{dotted} {wrong(error, key)}", given)
    meant = nearest(key)
    from_file = _variable_of(key, given) is None
    return _told(key, f"{dotted} is unknown; did you mean {'.'.join(meant) if from_file else variable(meant)}?", given)


def _told(key: Key, sentence: str, given: _Given) -> str:
    return f"{_where(key, given)}: {sentence}"


def _where(key: Key, given: _Given) -> str:
    name = _variable_of(key, given)
    if name is not None:
        return name
    if given.file is None:
        return "environment"
    lines = first_lines(given.text)
    places = (lines[key[:length]] for length in range(len(key), 0, -1) if key[:length] in lines)
    line = next(places, None)
    return f"{given.file}:{line}" if line else str(given.file)


def _place(key: Key, given: _Given) -> str:
    # What is missing stands nowhere: only what was given has a place.
    return _where(key, given) if _variable_of(key, given) or key in first_lines(given.text) else ""


def _variable_of(key: Key, given: _Given) -> str | None:
    """The variable that set this key, or a table around it, or (where the file doesn't) a key inside it."""
    for length in range(len(key), 0, -1):
        if key[:length] in given.variables:
            return given.variables[key[:length]]
    if key in first_lines(given.text):
        return None
    return next((name for inner, name in given.variables.items() if inner[: len(key)] == key), None)

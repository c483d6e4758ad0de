"""Settings that the merchant makes in the console: which may be made there, and how they lie over all others.

Rules: what is made there wins over the file and the environment until it is given back; it is read by the very model
and checks of the file; nothing made may bring a problem that was not there without it, and what no longer holds (after
an upgrade, or with another file) is left out and told, never a reason not to start.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from worker.settings.checks import FACES, Found, cross_problems, run_problems
from worker.settings.names import Key
from worker.settings.whole import Settings
from worker.settings.wrong import key_of_error, wrong

MAKEABLE: tuple[Key, ...] = (
    *(("hub", name) for name in ("allow_cancel", "allow_cancel_split_pay", "allow_pause", "allow_email_change")),
    *(("receipts", name) for name in ("style", "recurring", "reply_to")),
    *(("dunning", name) for name in ("upcoming", "failed", "card_expiring")),
    ("products", "*", "receipt_style"),
    *(("business", name) for name in ("name", "tax_id", "support_email", "support_url", "logo")),
    *(("business", "address", name) for name in ("line1", "line2", "city", "region", "postal_code", "country")),
    *(("business", "colours", name) for name in ("accent", "background")),
    *(("invoices", name) for name in ("prefix", "start")),
)
"""Nothing that lets anybody in, and nothing secret."""
_OWN_NAME = ("products.", ".receipt_style")


@dataclass(frozen=True, slots=True)
class Problem:
    """Which setting, and what is wrong with it, in words for the merchant."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Overlaid:
    """What is in force, and what was made but can't be."""

    settings: Settings
    ignored: tuple[Problem, ...] = ()


def key_of_made(name: str) -> Key | None:
    """The key of a setting that may be made; a product's own name may hold dots. None for any other."""
    before, after = _OWN_NAME
    if name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after):
        return ("products", name.removeprefix(before).removesuffix(after), "receipt_style")
    key = tuple(name.split("."))
    return key if key in MAKEABLE else None


def value_of(settings: Settings, key: Key) -> Any:
    """What a setting is; None for a product that nobody named."""
    found: Any = settings
    for part in key:
        found = found.get(part) if isinstance(found, Mapping) else getattr(found, part)
        if found is None:
            return None
    return found


def overlay(settings: Settings, made: Mapping[str, object]) -> Overlaid:
    """These settings with what was made over them."""
    if not made:
        return Overlaid(settings)
    whole = _over(settings, made)
    if isinstance(whole, Settings):
        return Overlaid(whole)
    held: dict[str, object] = {}
    ignored: list[Problem] = []
    for name in sorted(made):
        tried = _over(settings, {**held, name: made[name]})
        if isinstance(tried, Settings):
            held[name] = made[name]
        else:
            ignored.append(Problem(name, tried[0].text))
    kept = _over(settings, held)
    return Overlaid(kept if isinstance(kept, Settings) else settings, tuple(ignored))


def problems_of(settings: Settings, made: Mapping[str, object], changes: Mapping[str, object]) -> list[Problem]:
    """Why these changes can't be made over `made`; empty where they can. None gives a setting back to the file."""
    before = overlay(settings, made)
    left_out = {each.name for each in before.ignored}
    over = {name: value for name, value in made.items() if name not in left_out} | dict(changes)
    found = _over(settings, {name: value for name, value in over.items() if value is not None})
    return [] if isinstance(found, Settings) else found


def _over(settings: Settings, made: Mapping[str, object]) -> Settings | list[Problem]:
    given = copy.deepcopy(dict(settings.given))
    for name, value in made.items():
        key = key_of_made(name)
        if key is None:
            return [Problem(name, "can't be set in the console")]
        _put(given, key, value)
    try:
        read = Settings.model_validate(given)
    except ValidationError as error:
        return list(_problems(error))
    known = set(_all_problems(settings))
    new = [Problem(".".join(each.key), each.text) for each in _all_problems(read) if each not in known]
    return new or read.read_from(settings.given_at)


def _put(table: dict[str, Any], key: Key, value: object) -> None:
    for part in key[:-1]:
        inner = table.get(part)
        table[part] = table = dict(inner) if isinstance(inner, Mapping) else {}
    table[key[-1]] = value


def _problems(error: ValidationError) -> Iterator[Problem]:
    for each in error.errors(include_url=False, include_input=False):
        key = key_of_error(each)
        yield Problem(".".join(key), wrong(each, key))


def _all_problems(settings: Settings) -> list[Found]:
    return [*cross_problems(settings), *run_problems(settings, FACES)]

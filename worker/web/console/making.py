"""What the settings' pages have in common: what is set now, what a form changes of it, and saving that.

Rules: a form changes only what it shows otherwise than it is; what is wrong stands beside its field, and nothing of the
form is saved then; what another merchant changed since the form was shown is told before it is saved over.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker.actions.make_settings import Backwards, Overtaken, Wish, make_settings
from worker.settings import MAKEABLE, Overlaid, Picture, Problem, Settings, key_of_made, overlay, problems_of, value_of
from worker.store import made_settings
from worker.store.made_settings import MadeRow, MadeSettings
from worker.web.console.inside import Merchant
from worker.web.hub import HubServer

_DEFAULTS = Settings.model_validate({})
FLAGS = frozenset(".".join(key) for key in MAKEABLE if isinstance(value_of(_DEFAULTS, key), bool))
"""Those that a form shows as a box to tick: a browser says nothing of an empty one."""
START = "invoices.start"


@dataclass(frozen=True, slots=True)
class Looked:
    """What is set now: `beneath` without the console, `over` with it."""

    beneath: Settings
    made: MadeSettings
    over: Overlaid

    @property
    def settings(self) -> Settings:
        """What is in force."""
        return self.over.settings


@dataclass(frozen=True, slots=True)
class Tried:
    """A form as it stands: what was typed and isn't saved, what is wrong with it, and what others have changed."""

    typed: Mapping[str, object] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    others: tuple[MadeRow, ...] = ()
    saved: bool = False
    previewed: bool = False

    @property
    def status(self) -> int:
        """Of the answer that shows it."""
        return 409 if self.others else 422 if self.problems else 200


async def look(hub: HubServer) -> Looked:
    """What is set now."""
    made, beneath = await hub.store.read(made_settings.made_settings), hub.beneath or hub.settings
    return Looked(beneath, made, overlay(beneath, made.values))


def changes_of(looked: Looked, names: Iterable[str], fields: Mapping[str, str]) -> dict[str, object]:
    """What a form says otherwise than it is, by name."""
    found: dict[str, object] = {}
    for name in names:
        said: object = (name in fields) if name in FLAGS else fields.get(name)
        if said is not None and said != plain(looked.settings, name):
            found[name] = said
    return found


def plain(settings: Settings, name: str) -> Any:
    """A setting as a form and JSON have it: text, a number or a flag; the empty text for nothing."""
    key = key_of_made(name)
    value = None if key is None else value_of(settings, key)
    if isinstance(value, Picture):
        return f"data:{value.mime_type};base64,{base64.b64encode(value.data).decode()}"
    if isinstance(value, Path):
        return str(value)
    return str(value) if name == START else "" if value is None else value


async def give_back(hub: HubServer, merchant: Merchant, names: Iterable[str]) -> Tried | None:
    """Let the file say again what these are; None where it is done."""
    looked = await look(hub)
    return await _save(hub, merchant, looked, dict.fromkeys(names), looked.made.revision)


async def save(hub: HubServer, merchant: Merchant, changes: Mapping[str, object], seen: str) -> Tried | None:
    """Make these settings; None where it is done. `seen` is the revision that the form showed."""
    looked = await look(hub)
    revision = int(seen) if seen.isascii() and seen.isdigit() else looked.made.revision
    return await _save(hub, merchant, looked, changes, revision)


async def _save(
    hub: HubServer, merchant: Merchant, looked: Looked, changes: Mapping[str, object], seen: int
) -> Tried | None:
    problems = problems_of(looked.beneath, looked.made.values, changes)
    if problems:
        return Tried(changes, tuple(problems))
    wanted = {name: value for name, value in changes.items() if value is not None}
    settings = overlay(looked.beneath, {**looked.made.values, **wanted}).settings
    values = {name: _as_read(settings, name) if name in wanted else None for name in changes}
    wish = Wish(values, seen, merchant.identity, {name: plain(looked.beneath, name) for name in changes})
    fresh = hub.fresh()
    answer = await hub.store.write(lambda tx: make_settings(tx, wish, fresh))
    if isinstance(answer, Overtaken):
        return Tried(changes, others=tuple(answer.rows))
    if isinstance(answer, Backwards):
        return Tried(changes, (Problem(START, f"must be {answer.next_number} or more: the series goes upwards only"),))
    await hub.settle()
    return None


def _as_read(settings: Settings, name: str) -> object:
    """As the file's reader understood it, so that the database holds what is in force."""
    value = plain(settings, name)
    return int(value) if name == START else value

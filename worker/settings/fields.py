"""The kinds of value that settings have: how each is read from text, and what it refuses."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, SecretStr

from worker.settings import reading
from worker.settings.values import Listen, Network


def _known(room: str, mark: str) -> tuple[str, ...]:
    """Read off the files, not imported: they stand above the settings, and a new one is one file and no more."""
    files = (Path(__file__).parents[1] / room).glob("*.py")
    found = (file.stem for file in files if re.search(rf"^{mark}\b", file.read_text("utf-8"), re.MULTILINE))
    return tuple(sorted(found))


KNOWN_KINDS = _known("sources", "SOURCE")
"""The providers that have a reader in `worker/sources/`."""
KNOWN_RELAYS = _known("relays", "RELAY = ")
"""The relays whose webhooks are read, by `worker/relays/`."""

Style = Literal["invoice", "simple", "none"]
Issuer = Literal["us", "provider"]


def no_flag(raw: object) -> object:
    """TOML's true is no number, though Python takes it for 1."""
    if isinstance(raw, bool):
        raise ValueError("is no whole number; write digits only")
    return raw


def known_kind(kind: str) -> str:
    if kind not in KNOWN_KINDS:
        raise ValueError(f"must be one of {', '.join(map(repr, KNOWN_KINDS))}")
    return kind


def _none_if_empty(raw: object) -> object:
    return None if raw == "" else raw


Text = Annotated[str, PlainValidator(reading.text)]
OptionalText = Annotated[str | None, PlainValidator(reading.optional(reading.text))]
OptionalPath = Annotated[Path | None, PlainValidator(reading.optional(reading.path))]
OptionalAddress = Annotated[str | None, PlainValidator(reading.optional(reading.address))]
OptionalSecret = Annotated[SecretStr | None, PlainValidator(reading.optional(reading.secret))]
OptionalListen = Annotated[Listen | None, PlainValidator(reading.optional(reading.listen))]
OptionalWebUrl = Annotated[str | None, PlainValidator(reading.optional(reading.web_url))]
OptionalStyle = Annotated[Style | None, BeforeValidator(_none_if_empty)]
OptionalSwitch = Annotated[Literal["on", "off"] | None, BeforeValidator(_none_if_empty)]
OptionalIssuer = Annotated[Issuer | None, BeforeValidator(_none_if_empty)]
Addresses = Annotated[tuple[str, ...], PlainValidator(reading.several(reading.address))]
NameServers = Annotated[tuple[Listen, ...], PlainValidator(reading.several(reading.name_server))]
Networks = Annotated[tuple[Network, ...], PlainValidator(reading.several(reading.network))]
Secrets = Annotated[tuple[SecretStr, ...], PlainValidator(reading.several(reading.secret))]
OwnKeys = Annotated[tuple[SecretStr, ...], PlainValidator(reading.several(reading.own_key))]
Colour = Annotated[str, PlainValidator(reading.colour)]
# Upper bounds keep times within 64-bit microseconds, and a slip of the finger within reason.
Count = Annotated[int, BeforeValidator(no_flag), Field(ge=1, le=1_000_000)]
CountOrNone = Annotated[int, BeforeValidator(no_flag), Field(ge=0, le=1_000_000)]


class Table(BaseModel):
    """A table of the file: frozen, and nothing in it that has no name here."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True)

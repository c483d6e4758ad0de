"""The settings of who is outside: accounts at providers, relays that tell of bounces, the shop's own programs."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator, SecretStr

from worker.settings import reading
from worker.settings.fields import (
    KNOWN_KINDS,
    OptionalIssuer,
    OptionalSecret,
    OptionalSwitch,
    OptionalWebUrl,
    Secrets,
    Table,
    known_kind,
)


class Source(Table):
    """One provider account; `kind` is the source's own name where that is a known kind."""

    kind: Annotated[str, AfterValidator(known_kind)]
    """`stripe`, `paddle`, `lemonsqueezy`, `gumroad`, `paypal`, `thrivecart` or `standard` ([sources.md](sources.md));
    not needed where the name says it."""
    secrets: Secrets = ()
    """What the provider proves its events with; several while you change it."""
    api_key: OptionalSecret = None
    """For asking the provider: for its history ([import.md](import.md)), whose a payment is, and to cancel or change
    what customers ask for. Which rights it needs says the provider's page ([sources.md](sources.md)); PayPal's is
    `client id:secret`."""
    api_url: Annotated[str | None, PlainValidator(reading.optional(reading.api_url))] = None
    """Where its API lies, if not where it lies for everybody: a sandbox, or a stand-in to try things with."""
    issuer: OptionalIssuer = None
    """Who invoices, `us` or `provider`; empty: the provider where its event has an invoice number, else the source's
    rule ([sources.md](sources.md))."""
    dunning: OptionalSwitch = None
    """Whether this account's customers get `dunning` mails from us, `on` or `off`; empty: unless the provider sends its
    own ([dunning.md](dunning.md))."""
    path_secret: Annotated[SecretStr | None, PlainValidator(reading.optional(reading.path_secret))] = None
    """One more secret at the end of the webhook's address."""


class RelayWebhook(Table):
    secrets: Secrets = ()
    """A relay's bounce webhooks (`ses`, `postmark`) are proven by these ([bounces.md](bounces.md))."""


class Endpoint(Table):
    url: OptionalWebUrl = None
    """Where the shop's own program hears of actions at the source of this name, or of `api`
    ([provider-actions.md](provider-actions.md))."""
    secrets: Secrets = ()
    """What these webhooks are signed with, `whsec_…`; several while you change them: each signs."""


def with_kinds(raw: object) -> object:
    """A source that is named after a known kind is of that kind."""
    if not isinstance(raw, Mapping):
        return raw
    return {name: _with_kind(str(name), table) for name, table in raw.items()}


def _with_kind(name: str, table: Any) -> Any:
    if name in KNOWN_KINDS and isinstance(table, Mapping) and not table.get("kind"):
        return {**table, "kind": name}
    return table

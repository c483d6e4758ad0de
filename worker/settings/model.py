"""Every setting by its name, with its default; the tables of `letterkey.toml` as frozen values.

Names and defaults are an interface: `letterkey.sample.toml` is held equal to them by a test.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, SecretStr

from worker.settings import reading
from worker.settings.pictures import Picture
from worker.settings.values import Database, Listen, Mailbox, Network, Server


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


def _no_flag(raw: object) -> object:
    """TOML's true is no number, though Python takes it for 1."""
    if isinstance(raw, bool):
        raise ValueError("is no whole number; write digits only")
    return raw


def _known_kind(kind: str) -> str:
    if kind not in KNOWN_KINDS:
        raise ValueError(f"must be {' or '.join(map(repr, KNOWN_KINDS))}")
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
OptionalIssuer = Annotated[Issuer | None, BeforeValidator(_none_if_empty)]
Addresses = Annotated[tuple[str, ...], PlainValidator(reading.several(reading.address))]
NameServers = Annotated[tuple[Listen, ...], PlainValidator(reading.several(reading.name_server))]
Networks = Annotated[tuple[Network, ...], PlainValidator(reading.several(reading.network))]
Secrets = Annotated[tuple[SecretStr, ...], PlainValidator(reading.several(reading.secret))]
OwnKeys = Annotated[tuple[SecretStr, ...], PlainValidator(reading.several(reading.own_key))]
Colour = Annotated[str, PlainValidator(reading.colour)]
# Upper bounds keep times within 64-bit microseconds, and a slip of the finger within reason.
Count = Annotated[int, BeforeValidator(_no_flag), Field(ge=1, le=1_000_000)]
CountOrNone = Annotated[int, BeforeValidator(_no_flag), Field(ge=0, le=1_000_000)]


class Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True)


class Hub(Table):
    listen: Annotated[Listen, PlainValidator(reading.listen)] = Listen("127.0.0.1", 8080)
    trusted_proxies: Networks = ()
    allow_cancel: bool = True
    allow_cancel_split_pay: bool = False
    allow_pause: bool = False
    allow_email_change: bool = True


class Ops(Table):
    listen: OptionalListen = Listen("127.0.0.1", 8081)


class Mail(Table):
    from_: Annotated[Mailbox | None, PlainValidator(reading.optional(reading.mailbox))] = Field(
        default=None, alias="from"
    )
    access_address: OptionalAddress = None
    bounce_address: OptionalAddress = None
    smtp_url: Annotated[Server | None, PlainValidator(reading.optional(reading.relay))] = None
    dkim_key: OptionalPath = None
    dkim_selector: OptionalText = None


class Inbound(Table):
    smtp_listen: OptionalListen = None
    imap_url: Annotated[Server | None, PlainValidator(reading.optional(reading.imap))] = None
    tls_cert: OptionalPath = None
    tls_key: OptionalPath = None
    trusted_peers: Networks = ()
    auth_server: OptionalText = None
    imap_token_command: OptionalText = None
    forward_to: OptionalAddress = None
    require_auth: bool = False
    max_message: Annotated[int, BeforeValidator(_no_flag), Field(ge=65_536, le=1 << 30)] = 10 * 1024 * 1024


class Receipts(Table):
    style: Style = "invoice"
    recurring: bool = False
    reply_to: Literal["access", "support"] = "access"


class Product(Table):
    receipt_style: OptionalStyle = None


class Address(Table):
    line1: OptionalText = None
    line2: OptionalText = None
    city: OptionalText = None
    region: OptionalText = None
    postal_code: OptionalText = None
    country: Annotated[str | None, PlainValidator(reading.optional(reading.country))] = None


class Colours(Table):
    accent: Colour = "#1f5c4d"
    background: Colour = "#faf9f7"


class Business(Table):
    name: OptionalText = None
    address: Address = Address()
    tax_id: OptionalText = None
    logo: Annotated[Path | Picture | None, PlainValidator(reading.optional(reading.logo))] = None
    support_email: OptionalAddress = None
    support_url: OptionalWebUrl = None
    colours: Colours = Colours()
    locale: Annotated[str, PlainValidator(reading.locale)] = "en"
    timezone: Annotated[str, PlainValidator(reading.timezone)] = "UTC"


class Invoices(Table):
    prefix: Annotated[str, PlainValidator(reading.prefix)] = ""
    start: Annotated[int, BeforeValidator(_no_flag), Field(ge=1, le=10**12)] = 1


class Source(Table):
    """One provider account; `kind` is the source's own name where that is a known kind."""

    kind: Annotated[str, AfterValidator(_known_kind)]
    secrets: Secrets = ()
    api_key: OptionalSecret = None
    api_url: Annotated[str | None, PlainValidator(reading.optional(reading.api_url))] = None
    issuer: OptionalIssuer = None
    path_secret: Annotated[SecretStr | None, PlainValidator(reading.optional(reading.path_secret))] = None


class RelayWebhook(Table):
    secrets: Secrets = ()


class Endpoint(Table):
    url: OptionalWebUrl = None
    secrets: Secrets = ()


class Links(Table):
    hours: Count = 24
    code_minutes: Count = 30
    document_years: Annotated[int, BeforeValidator(_no_flag), Field(ge=1, le=100)] = 10
    glance_minutes: CountOrNone = 60


class Limits(Table):
    per_minute: Count = 1
    per_hour: Count = 5
    per_day: Count = 10
    own_per_day: Count = 5
    client_per_minute: Count = 10
    overall_per_minute: Count = 600


class Dns(Table):
    servers: NameServers = ()


class Console(Table):
    merchants: Addresses = ()


class Alerts(Table):
    to: Addresses = ()


class Retention(Table):
    raw_mail_days: Count = 30
    raw_event_days: Count = 400
    attempt_days: Count = 400


def _with_kinds(raw: object) -> object:
    """A source that is named after a known kind is of that kind."""
    if not isinstance(raw, Mapping):
        return raw
    return {name: _with_kind(str(name), table) for name, table in raw.items()}


def _with_kind(name: str, table: Any) -> Any:
    if name in KNOWN_KINDS and isinstance(table, Mapping) and not table.get("kind"):
        return {**table, "kind": name}
    return table


class Tables(Table):
    """All settings as they stand in the file."""

    state_dir: Annotated[Path, PlainValidator(reading.path)] = Path("data/state")
    database_url: Annotated[Database | None, PlainValidator(reading.optional(reading.database))] = None
    base_url: Annotated[str, PlainValidator(reading.base_url)] = "http://127.0.0.1:8080"
    secret_keys: OwnKeys = ()
    document_keys: OwnKeys = ()
    api_keys: Secrets = ()
    hub: Hub = Hub()
    ops: Ops = Ops()
    mail: Mail = Mail()
    inbound: Inbound = Inbound()
    receipts: Receipts = Receipts()
    products: dict[str, Product] = {}
    business: Business = Business()
    invoices: Invoices = Invoices()
    sources: Annotated[dict[str, Source], BeforeValidator(_with_kinds)] = {}
    relay: dict[str, RelayWebhook] = {}
    endpoints: dict[str, Endpoint] = {}
    links: Links = Links()
    limits: Limits = Limits()
    dns: Dns = Dns()
    console: Console = Console()
    alerts: Alerts = Alerts()
    retention: Retention = Retention()

"""Every setting by its name, with its default; the tables of `letterkey.toml` as frozen values.

Names and defaults are an interface: `letterkey.sample.toml` is held equal to them by a test. What stands below each is
what `docs/settings.md` says of it; ◦ marks what is read and checked, but used only by what comes next.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainValidator

from worker.settings import places, reading
from worker.settings.accounts import Endpoint, RelayWebhook, Source, with_kinds
from worker.settings.fields import (
    Addresses,
    Colour,
    Count,
    CountOrNone,
    NameServers,
    Networks,
    OptionalAddress,
    OptionalListen,
    OptionalPath,
    OptionalStyle,
    OptionalText,
    OptionalWebUrl,
    OwnKeys,
    Secrets,
    Style,
    Table,
    no_flag,
)
from worker.settings.pictures import Picture
from worker.settings.values import Database, Listen, Mailbox, Server


class Hub(Table):
    listen: Annotated[Listen, PlainValidator(reading.listen)] = Listen("127.0.0.1", 8080)
    """Host:port of the web server; a proxy in front of it does TLS."""
    trusted_proxies: Networks = ()
    """Networks of proxies whose X-Forwarded-For is believed."""
    allow_cancel: bool = True
    """Customers may cancel subscriptions."""
    allow_cancel_split_pay: bool = False
    """Also plans that end by themselves (split pay)."""
    allow_pause: bool = False
    """Customers may pause subscriptions and have them go on, where the provider or you can do it."""
    allow_email_change: bool = True
    """Customers may change their address."""


class Ops(Table):
    listen: OptionalListen = Listen("127.0.0.1", 8081)
    """Host:port of `/readyz` and `/metrics`, not for the public; empty: off."""


class Mail(Table):
    from_: Annotated[Mailbox | None, PlainValidator(reading.optional(reading.mailbox))] = Field(
        default=None, alias="from"
    )
    """Who receipts come from, `Your shop <shop@example.com>`."""
    access_address: OptionalAddress = None
    """Where customers write to get at their purchases; replies to receipts go there."""
    bounce_address: OptionalAddress = None
    """Envelope sender of mails, one for each attempt (`bounces+…@`); empty: the address in `mail.from`."""
    smtp_url: Annotated[Server | None, PlainValidator(reading.optional(reading.relay))] = None
    """The relay: `smtp+starttls://user:password@host:587`, `smtps://` (465) or `smtp://` (25, no TLS)."""
    dkim_key: OptionalPath = None
    """File of the private key, PEM; empty: the relay signs."""
    dkim_selector: OptionalText = None
    """Name of the key's DNS record."""


class Inbound(Table):
    smtp_listen: OptionalListen = None
    """Host:port of the own SMTP listener."""
    imap_url: Annotated[Server | None, PlainValidator(reading.optional(reading.imap))] = None
    """Mailbox to read, `imaps://user:password@host:993/INBOX`; see [mailbox.md](mailbox.md)."""
    tls_cert: OptionalPath = None
    """Certificate chain for STARTTLS on the listener."""
    tls_key: OptionalPath = None
    """The certificate's private key."""
    trusted_peers: Networks = ()
    """Networks of a mail server in front."""
    auth_server: OptionalText = None
    """The name that the mail server in front, or the mailbox's host, signs its Authentication-Results with."""
    imap_token_command: OptionalText = None
    """Prints an XOAUTH2 token."""
    forward_to: OptionalAddress = None
    """Where people's own words go; empty: `business.support_email`."""
    require_auth: bool = False
    """Answer only mail that proves whose it is (DMARC or aligned DKIM)."""
    max_message: Annotated[int, BeforeValidator(no_flag), Field(ge=65_536, le=1 << 30)] = 10 * 1024 * 1024
    """The largest mail taken, in bytes."""


class Receipts(Table):
    style: Style = "invoice"
    """`invoice` (all details and a link to the customer's purchases), `simple` (no link) or `none`."""
    recurring: bool = False
    """Receipts also for renewals of subscriptions."""
    reply_to: Literal["access", "support"] = "access"
    """Who gets replies: `access` (`mail.access_address`, where that is set) or `support`."""


class Dunning(Table):
    upcoming: bool = True
    """Mails about subscriptions' payments that are coming ([dunning.md](dunning.md))."""
    failed: bool = True
    """Mails about payments that failed."""
    card_expiring: bool = True
    """Mails about cards that end soon."""


class Product(Table):
    receipt_style: OptionalStyle = None
    """Another style for one product, by its id at the provider."""


class Address(Table):
    line1: OptionalText = None
    """Street and number; the address stands on every document."""
    line2: OptionalText = None
    """Second line of the address."""
    city: OptionalText = None
    """Town."""
    region: OptionalText = None
    """County, state or province."""
    postal_code: OptionalText = None
    """Postcode."""
    country: Annotated[str | None, PlainValidator(reading.optional(places.country))] = None
    """Two letters, like `GB`."""


class Colours(Table):
    accent: Colour = "#1f5c4d"
    """Buttons and links."""
    background: Colour = "#faf9f7"
    """What lies behind a page."""


class Business(Table):
    name: OptionalText = None
    """What customers know you by; empty: the name in `mail.from`."""
    address: Address = Address()
    tax_id: OptionalText = None
    """Your tax number, on every document."""
    logo: Annotated[Path | Picture | None, PlainValidator(reading.optional(reading.logo))] = None
    """PNG, JPEG or GIF, at most 200 kB; at the top of mails and pages."""
    support_email: OptionalAddress = None
    """Where customers ask for help."""
    support_url: OptionalWebUrl = None
    """A page where customers find help."""
    colours: Colours = Colours()
    locale: Annotated[str, PlainValidator(places.locale)] = "en"
    """The language where a customer's own isn't known."""
    timezone: Annotated[str, PlainValidator(places.timezone)] = "UTC"
    """Of the dates on receipts and in the commands."""


class Invoices(Table):
    prefix: Annotated[str, PlainValidator(reading.prefix)] = ""
    """What comes before the number, like `2026-`."""
    start: Annotated[int, BeforeValidator(no_flag), Field(ge=1, le=10**12)] = 1
    """The first number; upwards only."""


class Links(Table):
    hours: Count = 24
    """How long an access link opens, in hours."""
    code_minutes: Count = 30
    """How long an access link's code can be typed, in minutes."""
    document_years: Annotated[int, BeforeValidator(no_flag), Field(ge=1, le=100)] = 10
    """How long an invoice's link opens, in years."""
    glance_minutes: CountOrNone = 60
    """How long an access link shows the purchases at a glance, in minutes; 0: its button alone."""


class Limits(Table):
    per_minute: Count = 1
    """Access links to one address in a minute."""
    per_hour: Count = 5
    """Access links to one address in an hour."""
    per_day: Count = 10
    """Access links to one address in a day."""
    own_per_day: Count = 5
    """More of them a day, for mails that prove to be from the address itself."""
    client_per_minute: Count = 10
    """Requests to the form, and for providers' card pages, from one network in a minute."""
    overall_per_minute: Count = 600
    """Link mails in a minute in all; more are delayed."""


class Dns(Table):
    servers: NameServers = ()
    """DNS servers that are asked about senders' domains and by `letterkey check`, by address, like `192.0.2.53`
    or `192.0.2.53:5353`; empty: this machine's."""


class Console(Table):
    merchants: Addresses = ()
    """Who may open the merchant's pages."""


class Alerts(Table):
    to: Addresses = ()
    """Who hears of trouble; empty: `business.support_email`."""


class Retention(Table):
    raw_mail_days: Count = 30
    """When raw mails are forgotten"""
    raw_event_days: Count = 400
    """When providers' raw events are forgotten"""
    attempt_days: Count = 400
    """When delivery attempts are forgotten"""
    declaration_days: Count = 1461
    """When declarations are forgotten, counted from the day somebody saw to them"""


class Tables(Table):
    """All settings as they stand in the file."""

    state_dir: Annotated[Path, PlainValidator(reading.path)] = Path("data/state")
    """Folder for the keys and SQLite's file; your own templates lie in `templates/` in it."""
    database_url: Annotated[Database | None, PlainValidator(reading.optional(reading.database))] = None
    """`sqlite:///folder/file.db` or `postgresql://user:password@host/name`; empty: SQLite in `state_dir`."""
    base_url: Annotated[str, PlainValidator(reading.base_url)] = "http://127.0.0.1:8080"
    """The public address that links in mails begin with, scheme and host only."""
    secret_keys: OwnKeys = ()
    """Keys that sign links, newest last; empty: made at the first start. Must be set with PostgreSQL."""
    document_keys: OwnKeys = ()
    """Keys that sign the links to invoices; never remove one. Empty: made at the first start; with PostgreSQL,
    the `secret_keys`."""
    api_keys: Secrets = ()
    """Bearer keys for `/api/`, of 16 characters or more; empty: the API refuses everybody."""
    hub: Hub = Hub()
    ops: Ops = Ops()
    mail: Mail = Mail()
    inbound: Inbound = Inbound()
    receipts: Receipts = Receipts()
    dunning: Dunning = Dunning()
    products: dict[str, Product] = Field(default={})
    business: Business = Business()
    invoices: Invoices = Invoices()
    sources: Annotated[dict[str, Source], BeforeValidator(with_kinds)] = Field(default={})
    relay: dict[str, RelayWebhook] = Field(default={})
    endpoints: dict[str, Endpoint] = Field(default={})
    links: Links = Links()
    limits: Limits = Limits()
    dns: Dns = Dns()
    console: Console = Console()
    alerts: Alerts = Alerts()
    retention: Retention = Retention()

"""What the settings mean to each part: the one place where their words become the parts' own values."""

import shlex
import socket
import ssl
from importlib.util import find_spec
from pathlib import Path

from worker import journal
from worker.asking.logins import Logins
from worker.clock import Clock
from worker.core.access import AccessPolicy, Limits
from worker.core.announcement import Matter
from worker.core.dunning import Dunning
from worker.core.mail_policy import MailPolicy
from worker.core.policy import Policy, ReceiptPolicy
from worker.core.transaction import Issuer, Style
from worker.exit.letters import Writer
from worker.inbound import Inbound
from worker.intake.inquiries import Asked, LateAddresses
from worker.intake.watched import Watched
from worker.mail.addresses import OurAddresses
from worker.mail.dkim import DkimKey, load_dkim_key
from worker.mail.message import InlineImage, Mailbox
from worker.mail.origin import Fronts
from worker.metrics import Metrics
from worker.net.dns import NoResolver, Resolver
from worker.net.mailbox_address import MailboxAddress
from worker.net.origins import Origins, shipped_suffixes
from worker.net.relay_address import RelayAddress, relay_address
from worker.relays import RELAYS
from worker.relays.relay import KEPT_AS, Relay
from worker.render.brand import Brand
from worker.render.environment import BadTemplate, Stationery, make_environment
from worker.render.merchant import seller_of
from worker.settings import Keys, Picture, Server, Settings, SettingsError, picture
from worker.settings import Source as AccountTable
from worker.sources import LOOKUPS, SOURCES
from worker.sources.account import Account
from worker.sources.event import Source
from worker.store.engine import Store
from worker.store.forgetting import Retention
from worker.transactions import TransactionQueue

_SCHEMES = {"plain": "smtp", "tls": "smtps", "starttls": "smtp+starttls"}


def policy_of(settings: Settings) -> Policy:
    """What the merchant decided about documents and receipts."""
    receipts, business = settings.receipts, settings.business
    styles = {name: Style(p.receipt_style) for name, p in settings.products.items() if p.receipt_style is not None}
    return Policy(
        seller=seller_of(settings),
        receipts=ReceiptPolicy(Style(receipts.style), receipts.recurring, styles),
        locale=business.locale,
        timezone=business.timezone,
        number_prefix=settings.invoices.prefix,
        number_start=settings.invoices.start,
        issuers={name: Issuer(each.issuer) for name, each in settings.sources.items() if each.issuer is not None},
        usual_issuers={name: reader.default_issuer for name, reader in sources_of(settings).items()},
        document_years=settings.links.document_years,
        message_domain=_domain(settings),
        alerts_to=settings.alert_addresses,
        dunning=_dunning_of(settings),
    )


def _dunning_of(settings: Settings) -> Dunning:
    """Which mails about payments each account's customers get: none where their provider mails them itself."""
    wanted = settings.dunning
    switches = {
        Matter.UPCOMING_PAYMENT: wanted.upcoming,
        Matter.PAYMENT_FAILED: wanted.failed,
        Matter.CARD_EXPIRING: wanted.card_expiring,
    }
    matters = frozenset(matter for matter, on in switches.items() if on)
    quiet = {name for name, each in settings.sources.items() if _is_quiet(each)}
    return Dunning({name: frozenset() if name in quiet else matters for name in settings.sources}, matters)


def _is_quiet(account: AccountTable) -> bool:
    return account.dunning == "off" or (account.dunning is None and SOURCES[account.kind].mails_customers)


def access_policy_of(settings: Settings) -> AccessPolicy:
    """What the merchant decided about links."""
    links, limits = settings.links, settings.limits
    return AccessPolicy(
        hours=links.hours,
        code_minutes=links.code_minutes,
        glance_minutes=links.glance_minutes,
        message_domain=_domain(settings),
        limits=Limits(
            per_minute=limits.per_minute,
            per_hour=limits.per_hour,
            per_day=limits.per_day,
            overall_per_minute=limits.overall_per_minute,
            own_per_day=limits.own_per_day,
        ),
    )


def retention_of(settings: Settings) -> Retention:
    """What the merchant decided about forgetting."""
    kept = settings.retention
    return Retention(kept.raw_mail_days, kept.raw_event_days, kept.attempt_days)


def sources_of(settings: Settings) -> dict[str, Source]:
    """The reader of each provider account, by the account's name."""
    return {name: SOURCES[source.kind].of(account_of(source)) for name, source in settings.sources.items()}


def account_of(source: AccountTable) -> Account:
    """The account that a source's table describes; its key is empty where there is none."""
    return Account(source.api_key.get_secret_value() if source.api_key else "", source.api_url)


def provable_sources_of(settings: Settings) -> dict[str, Source]:
    """The same, for who takes events. Raises SettingsError where an account's events could not be proven."""
    found = sources_of(settings)
    problems = [
        f"sources.{name} needs a path_secret, for some events of {source.name} have no other proof; write a long "
        f"random word, and end the address there with /{name}/ and that word"
        for name, source in found.items()
        if source.needs_secret_path and not settings.sources[name].path_secret
    ]
    if any(source.name == "paypal" for source in found.values()) and find_spec("cryptography") is None:
        problems.append("sources.paypal needs a library that isn't installed: pip install 'letterkey[paypal]'")
    if problems:
        raise SettingsError(problems)
    return found


def relays_of(settings: Settings) -> dict[str, Relay]:
    """The reader of each relay's webhooks, by the name that its events are kept under.

    Raises SettingsError where a library is missing.
    """
    if "ses" in settings.relay and find_spec("cryptography") is None:
        raise SettingsError(["relay.ses needs a library that isn't installed: pip install 'letterkey[ses]'"])
    return {KEPT_AS + name: RELAYS[name] for name in settings.relay}


def our_addresses_of(settings: Settings, keys: Keys) -> OurAddresses:
    """The addresses that mail may come to."""
    return OurAddresses(settings.mail.access_address or "", settings.mail.bounce_address, keys.secret_keys)


def stationery_of(settings: Settings, brand: Brand) -> Stationery:
    """The templates: the merchant's own in `templates/` of the state directory win over ours.

    Raises SettingsError for one that can't be filled.
    """
    own = settings.state_dir / "templates"
    try:
        return make_environment(own if own.is_dir() else None, brand)
    except BadTemplate as error:
        raise SettingsError([str(error)]) from None


def brand_of(settings: Settings) -> Brand:
    """The merchant as mails and pages show it. Raises SettingsError for a logo that mails can't carry."""
    business = settings.business
    return Brand(
        name=settings.shop_name,
        logo=_logo(business.logo) if business.logo is not None else None,
        accent=business.colours.accent,
        background=business.colours.background,
        support_email=business.support_email,
        support_url=business.support_url,
    )


def writer_of(settings: Settings, keys: Keys, stationery: Stationery, brand: Brand) -> Writer:
    """What composing needs. Raises SettingsError where a DKIM key can't be used."""
    sender = settings.mail.from_
    assert sender is not None, "run refuses to start without mail.from"
    reply_to = settings.receipt_reply_to
    return Writer(
        stationery=stationery,
        brand=brand,
        sender=Mailbox(sender.name or settings.shop_name, sender.address),
        reply_to=Mailbox(settings.shop_name, reply_to) if reply_to is not None else None,
        reply_opens_hub=reply_to is not None and reply_to == settings.mail.access_address,
        base_url=settings.base_url,
        locale=settings.business.locale,
        timezone=settings.business.timezone,
        code_minutes=settings.links.code_minutes,
        secret_keys=keys.secret_keys,
        document_keys=keys.document_keys,
        bounce_address=settings.mail.bounce_address,
        marks=tuple(mark for relay in relays_of(settings).values() if (mark := relay.mark)),
        dkim=dkim_of(settings),
    )


def inbound_of(settings: Settings, keys: Keys, means: tuple[Store, Clock, Metrics]) -> Inbound:
    """The face to mail. Without an access address there is no door. Raises SettingsError where a library is missing."""
    mail, inbound = settings.mail, settings.inbound
    store, clock, metrics = means
    address = mail.access_address
    return Inbound(
        store=store,
        clock=clock,
        metrics=metrics,
        ours=our_addresses_of(settings, keys),
        policy=MailPolicy(
            access=access_policy_of(settings),
            forward_to=settings.forward_to,
            require_auth=inbound.require_auth,
            alerts=policy_of(settings),
            people_read_mailbox=settings.people_read_mailbox,
        ),
        largest=inbound.max_message,
        hostname=socket.gethostname(),
        listen=inbound.smtp_listen if address else None,
        tls=(inbound.tls_cert, inbound.tls_key) if inbound.tls_cert and inbound.tls_key else None,
        trusted=inbound.trusted_peers,
        mailbox=_mailbox(settings) if address else None,
        origins=origins_of(settings),
    )


def _mailbox(settings: Settings) -> Watched | None:
    address = mailbox_of(settings)
    if address is None:
        return None
    return Watched(address, policy_of(settings), alone=settings.database.kind == "sqlite")


def mailbox_of(settings: Settings) -> MailboxAddress | None:
    """The mailbox and who we are there. Raises SettingsError where a library is missing."""
    server = settings.inbound.imap_url
    if server is None:
        return None
    if find_spec("aioimaplib") is None:
        raise SettingsError(["inbound.imap_url needs a library that isn't installed: pip install 'letterkey[imap]'"])
    return MailboxAddress(
        host=server.host,
        port=server.port,
        user=server.user or "",
        folder=server.mailbox,
        password=server.password.get_secret_value() if server.password is not None else "",
        token_command=tuple(shlex.split(settings.inbound.imap_token_command or "")),
        tls=ssl.create_default_context() if server.security == "tls" else None,
    )


def origins_of(settings: Settings) -> Origins:
    """How it is found out who sent a mail. Raises SettingsError where proof is demanded and nothing could give it."""
    inbound = settings.inbound
    fronts = Fronts(inbound.trusted_peers, inbound.auth_server)
    if inbound.smtp_listen is None:  # what lies in a mailbox was checked by its server, or nobody can
        return Origins(fronts, None, shipped_suffixes())
    try:
        return Origins(fronts, resolver_of(settings), shipped_suffixes())
    except NoResolver as error:
        if inbound.require_auth and inbound.auth_server is None:
            raise SettingsError([f"inbound.require_auth can't be met, for no mail can be proven: {error}"]) from None
        journal.mail_unproven(reason=str(error))
        return Origins(fronts, None, shipped_suffixes())


def resolver_of(settings: Settings) -> Resolver:
    """Who is asked about names. Raises NoResolver."""
    return Resolver([(each.host, each.port) for each in settings.dns.servers])


def queue_of(settings: Settings, keys: Keys, means: tuple[Store, Clock, Metrics], logins: Logins) -> TransactionQueue:
    """The face of the transaction queue. Raises SettingsError where what is told could not be proven."""
    store, clock, metrics = means
    policy, bounced = policy_of(settings), our_addresses_of(settings, keys).bounced
    sources = provable_sources_of(settings)
    late = LateAddresses(store, clock, policy, logins, asked_of(settings))
    return TransactionQueue(store, clock, policy, sources, metrics, relays_of(settings), bounced, late)


def asked_of(settings: Settings) -> dict[str, Asked]:
    """The accounts that can be asked who a customer is, by their names."""
    return {
        name: Asked(LOOKUPS[each.kind], Account(each.api_key.get_secret_value(), each.api_url))
        for name, each in settings.sources.items()
        if each.api_key is not None and each.kind in LOOKUPS
    }


def relay_of(server: Server) -> RelayAddress:
    """The relay and how to speak to it."""
    password = server.password.get_secret_value() if server.password is not None else ""
    address = relay_address(f"{_SCHEMES[server.security]}://{_host(server)}", socket.gethostname())
    return RelayAddress(
        scheme=address.scheme,
        host=address.host,
        port=address.port,
        local_hostname=address.local_hostname,
        user=server.user or "",
        password=password,
        tls=address.tls,
    )


def _host(server: Server) -> str:
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{host}:{server.port}"


def _domain(settings: Settings) -> str:
    sender = settings.mail.from_
    return sender.address.rpartition("@")[2] if sender is not None else "localhost"


def _logo(logo: Path | Picture) -> InlineImage:
    try:
        shown = picture(logo.read_bytes()) if isinstance(logo, Path) else logo
    except OSError as error:
        raise SettingsError([f"business.logo {logo} can't be read: {error.strerror}"]) from None
    except ValueError as error:
        raise SettingsError([f"business.logo {logo} {error}"]) from None
    return InlineImage("logo", shown.mime_type, shown.data, f"logo.{shown.mime_type.removeprefix('image/')}")


def dkim_of(settings: Settings) -> DkimKey | None:
    """The key that signs mails, None where the relay does. Raises SettingsError where it can't be used."""
    path, selector = settings.mail.dkim_key, settings.mail.dkim_selector
    if path is None or selector is None:
        return None
    try:
        return load_dkim_key(path.read_bytes(), _domain(settings), selector)
    except OSError as error:
        raise SettingsError([f"mail.dkim_key {path} can't be read: {error.strerror}"]) from None
    except (ValueError, ImportError) as error:
        raise SettingsError([f"mail.dkim_key {path}: {error}"]) from None

"""What the settings mean to mail that comes in: its doors, and how it is found out who sent it."""

import shlex
import socket
import ssl
from importlib.util import find_spec

from worker import journal
from worker.clock import Clock
from worker.core.mail_policy import MailPolicy
from worker.inbound import Inbound
from worker.intake.watched import Watched
from worker.mail.addresses import OurAddresses
from worker.mail.origin import Fronts
from worker.metrics import Metrics
from worker.net.dns import NoResolver, Resolver
from worker.net.mailbox_address import MailboxAddress
from worker.net.origins import Origins, shipped_suffixes
from worker.settings import Keys, Settings, SettingsError
from worker.store.engine import Store
from worker.wiring.policy import access_policy_of, policy_of


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


def our_addresses_of(settings: Settings, keys: Keys) -> OurAddresses:
    """The addresses that mail may come to."""
    return OurAddresses(settings.mail.access_address or "", settings.mail.bounce_address, keys.secret_keys)


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

"""What the settings mean to the rules: documents and receipts, mails about payments, links, forgetting."""

from worker.core.access import AccessPolicy, Limits
from worker.core.announcement import Matter
from worker.core.dunning import Dunning
from worker.core.policy import Policy, ReceiptPolicy
from worker.core.transaction import Issuer, Style
from worker.render.merchant import seller_of
from worker.settings import Settings
from worker.settings import Source as AccountTable
from worker.sources import SOURCES
from worker.store.forgetting import Retention
from worker.wiring.sources import sources_of


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
        message_domain=domain_of(settings),
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
        message_domain=domain_of(settings),
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
    return Retention(kept.raw_mail_days, kept.raw_event_days, kept.attempt_days, kept.declaration_days)


def domain_of(settings: Settings) -> str:
    """The domain that mails come from, and their ids end in."""
    sender = settings.mail.from_
    return sender.address.rpartition("@")[2] if sender is not None else "localhost"

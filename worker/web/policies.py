"""What the settings allow customers to change here."""

from worker.actions.cancel_subscription import CancelPolicy
from worker.actions.change_email import ChangePolicy
from worker.core.access import Limits
from worker.core.rights import Allowed
from worker.settings import Settings
from worker.sources.ways import Ways


def change_policy_of(settings: Settings) -> ChangePolicy:
    """Whether the address may be changed, and how often mails go to new ones."""
    limits = settings.limits
    each = Limits(limits.per_minute, limits.per_hour, limits.per_day, limits.overall_per_minute)
    return ChangePolicy(settings.hub.allow_email_change, _domain(settings), each)


def cancel_policy_of(settings: Settings, ways: Ways) -> CancelPolicy:
    """What may be cancelled, and who does it at the provider: what can be asked, else whoever hears of trouble, else
    whoever sends mails."""
    sender = settings.mail.from_
    merchant = settings.alert_addresses or ((sender.address,) if sender is not None else ())
    return CancelPolicy(allowed_of(settings), merchant, _domain(settings), ways)


def allowed_of(settings: Settings) -> Allowed:
    """What is left to the merchant, as the merchant set it."""
    return Allowed(settings.hub.allow_cancel, settings.hub.allow_cancel_split_pay, settings.hub.allow_pause)


def _domain(settings: Settings) -> str:
    sender = settings.mail.from_
    return sender.address.rpartition("@")[2] if sender is not None else "localhost"

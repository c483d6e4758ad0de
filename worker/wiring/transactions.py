"""What the settings mean to the transaction queue."""

from worker.asking.logins import Logins
from worker.clock import Clock
from worker.intake.incomplete import IncompleteEvents
from worker.intake.inquiries import LateAddresses
from worker.metrics import Metrics
from worker.settings import Keys, Settings
from worker.store.engine import Store
from worker.transactions import TransactionQueue
from worker.wiring.inbound import our_addresses_of
from worker.wiring.policy import policy_of
from worker.wiring.relay import relays_of
from worker.wiring.sources import asked_of, completed_of, provable_sources_of


def queue_of(settings: Settings, keys: Keys, means: tuple[Store, Clock, Metrics], logins: Logins) -> TransactionQueue:
    """The face of the transaction queue. Raises SettingsError where what is told could not be proven."""
    store, clock, metrics = means
    policy, bounced = policy_of(settings), our_addresses_of(settings, keys).bounced
    sources = provable_sources_of(settings)
    late = LateAddresses(store, clock, policy, logins, asked_of(settings))
    incomplete = IncompleteEvents(store, clock, metrics, logins, completed_of(settings))
    return TransactionQueue(store, clock, policy, sources, metrics, relays_of(settings), bounced, late, incomplete)

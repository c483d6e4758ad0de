"""An action at a provider as tests want it."""

from dataclasses import replace

from support.databases import START
from worker.core.open_action import ActionState, Way
from worker.core.provider_action import Verb
from worker.store.provider_actions import ActionRow

_CANCELLED = ActionRow(
    id="p1",
    verb=Verb.CANCEL_AT_PERIOD_END,
    source="api",
    ref="S-7",
    customer_ref=None,
    customer_id="",
    way=Way.MANUAL,
    state=ActionState.MANUAL,
    key="k1",
    details=None,
    requested_at=START,
    ends_at=START,
    due_at=START,
    link_id="link-of-the-mail",
    message_domain="shop.example",
)


def action_of(customer_id: str, **changes: object) -> ActionRow:
    """A cancellation that waits for the merchant, unless it is said otherwise."""
    return replace(_CANCELLED, customer_id=customer_id, **changes)  # type: ignore[arg-type]

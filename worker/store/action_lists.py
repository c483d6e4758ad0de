"""Provider actions as people look through them, with whom they are for. Times are UTC microseconds."""

from dataclasses import dataclass

from worker.store import provider_actions
from worker.store.engine import Row, Tx
from worker.store.provider_actions import ActionAttempt, ActionRow

MOST = 50
_LAST = "~"
"""After every id: none has this letter."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An action, what it is about and for whom."""

    action: ActionRow
    plan_name: str | None
    customer_name: str | None
    customer_email: str | None

    @property
    def customer(self) -> str:
        """The customer as a person would call them."""
        return self.customer_name or self.customer_email or self.action.customer_id


async def open_ones(tx: Tx, most: int = MOST) -> list[Listed]:
    """Those that are still to be done or confirmed, the longest open first."""
    return [_listed(row) for row in await tx.all("actions_open", most=most)]


async def newest(tx: Tx, most: int = MOST) -> list[Listed]:
    """The newest, whatever became of them."""
    return [_listed(row) for row in await tx.all("actions_newest", before=_LAST, most=most)]


async def tries(tx: Tx, listed: list[Listed]) -> dict[str, list[ActionAttempt]]:
    """The tries of each, oldest first, by the action's id."""
    return {each.action.id: await provider_actions.attempts_of(tx, each.action.id) for each in listed}


def _listed(row: Row) -> Listed:
    return Listed(provider_actions.action_of(row), row["plan_name"], row["customer_name"], row["customer_email"])

"""What the journal says while the relay can't be reached: one line a back-off step, whatever the number of mails."""

import pytest

from support.desk import POLICY, Desk
from support.noted import Noted
from worker.clock import system_clock
from worker.core.outcome import Outcome, Phase, Result, replied
from worker.exit.health import Health

UNREACHABLE = Outcome(Phase.CONNECT, Result.LOST)


@pytest.mark.parametrize("database", ["sqlite-inline"], indirect=True)
async def test_a_relay_that_cannot_be_reached_is_told_once_a_step(desk: Desk, noted: Noted) -> None:
    health = Health(desk.store, system_clock(), POLICY)

    def lines() -> int:
        return noted.whats.count("relay_unreachable")

    noted.clear()
    for mail in range(8):
        await health.learnt(UNREACHABLE, f"m{mail}")
    assert lines() == 1
    await health.probing()
    await health.learnt(UNREACHABLE, "m1")
    assert lines() == 2
    await health.learnt(replied(Phase.DATA, 250, "ok"), "m1")
    await health.learnt(UNREACHABLE, "m2")
    assert lines() == 3

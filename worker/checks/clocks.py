"""The clock, against what others said of the time while they were asked for something else."""

from worker.checks.finding import Area, Finding
from worker.checks.scene import Scene
from worker.net.time_kept import is_kept

AREA = Area("clock")
MOST = 60.0
"""Seconds. Providers' signatures count for five minutes, and the dates on documents are ours."""


async def check_clock(scene: Scene) -> Finding:
    """Asked last. A clock that may be our own proves an error, but not that all is well."""
    worst = max(scene.clocks, key=lambda told: abs(told.behind), default=None)
    if worst is not None and abs(worst.behind) > MOST:
        way = "behind" if worst.behind > 0 else "ahead of"
        text = f"this machine is {abs(worst.behind):.0f} seconds {way} {worst.who}"
        return AREA.wrong("time", text, "set it, and have it kept: timedatectl set-ntp true")
    others = [told for told in scene.clocks if told.others]
    return AREA.works("time", f"agrees with {others[0].who}") if others else _by_itself(await is_kept())


def _by_itself(kept: bool | None) -> Finding:
    """Nobody else told the time: what the system says of itself."""
    if kept is None:
        return AREA.untried("time", "nobody who was asked told the time", "timedatectl says whether it is kept")
    if kept:
        return AREA.works("time", "this machine's clock is kept by NTP")
    return AREA.look("time", "nothing keeps this machine's clock", "have it kept: timedatectl set-ntp true")

"""The clock, against what others said of the time while they were asked for something else."""

from worker.checks.finding import Area, Finding
from worker.checks.scene import Scene

AREA = Area("clock")
MOST = 60.0
"""Seconds. Providers' signatures count for five minutes, and the dates on documents are ours."""


def check_clock(scene: Scene) -> Finding:
    """Asked last. A clock that may be our own proves an error, but not that all is well."""
    worst = max(scene.clocks, key=lambda told: abs(told.behind), default=None)
    if worst is not None and abs(worst.behind) > MOST:
        way = "behind" if worst.behind > 0 else "ahead of"
        text = f"this machine is {abs(worst.behind):.0f} seconds {way} {worst.who}"
        return AREA.wrong("time", text, "set it, and have it kept: timedatectl set-ntp true")
    others = [told for told in scene.clocks if told.others]
    if not others:
        return AREA.untried("time", "nobody who was asked told the time", "timedatectl says whether it is kept")
    return AREA.works("time", f"agrees with {others[0].who}")

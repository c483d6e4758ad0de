"""A measurement: how many in what time, what it cost, and how much memory the process has at its end."""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Measured:
    """`cpu` is user and system time of the measured process, in seconds; `rss` is in bytes."""

    count: int
    seconds: float
    cpu: float
    rss: int

    @property
    def rate(self) -> float:
        """How many a second."""
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        """What one costs."""
        return self.cpu / self.count * 1000

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def from_json(text: str) -> Measured:
    return Measured(**json.loads(text))


class Stopwatch:
    """Measures this process from its making to `stop`."""

    def __init__(self) -> None:
        self._cpu, self._began = time.process_time(), time.perf_counter()

    def stop(self, count: int) -> Measured:
        seconds, cpu = time.perf_counter() - self._began, time.process_time() - self._cpu
        return Measured(count, seconds, cpu, rss_of(os.getpid()))


def cpu_of(pid: int) -> float:
    """User and system time of a process so far, in seconds (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def rss_of(pid: int) -> int:
    """The memory of a process now, in bytes (Linux)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE

"""`check`: tries everything, and says what is wrong and exactly what to do."""

import asyncio

from worker.commands.check_options import How
from worker.commands.opening import Config

_PLAINLY = How()


def check(*, how: How = _PLAINLY, config: Config = None) -> int:
    """Try everything: settings, database, relay, mailbox, ports, clock, public address, DNS, providers' keys.

    Each line says what works, or what is wrong and what to do; records to publish stand at the end as lines of a zone
    file. Nothing is sent unasked and nothing is changed, so it may run beside letterkey run. Exit code 1 if anything is
    wrong.

    For example:

        letterkey check
        letterkey check --deep
        letterkey check --wait
    """
    from worker.commands.checking import check_all  # here, for it brings everything

    return asyncio.run(check_all(config, how))

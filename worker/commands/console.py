"""`console-link`: the merchant's first way into the console, and the one for when no mail goes."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from worker.actions.request_console_link import PRINTED_LASTS, print_console_link
from worker.commands.opening import AskedWrongly, Config, an_address, open_desk, settings_of
from worker.commands.terminal import clock_time, say
from worker.core import tokens
from worker.core.email_address import identity
from worker.settings import load_or_make_keys
from worker.store.invoices import Purpose

_NONE = """nobody may open the console yet. Write who may into letterkey.toml:

[console]
merchants = ["you@example.com"]
"""


def console_link(
    email: Annotated[str | None, Parameter(help="Who comes in; needed where console.merchants names several")] = None,
    /,
    *,
    config: Config = None,
) -> int:
    """Print a link that opens the console once, within 30 minutes.

    For the first way in, and for when no mail goes. Later ones come by mail: enter your address at /console/sign-in.

    For example:

        letterkey console-link
        letterkey console-link you@example.com
    """
    return asyncio.run(_print(email, config))


async def _print(email: str | None, config: Config) -> int:
    settings = settings_of(config)
    merchant = _chosen(email, settings.console.merchants)
    keys = load_or_make_keys(settings)
    async with open_desk(config) as desk:
        fresh = desk.fresh()
        link_id = await desk.store.write(lambda tx: print_console_link(tx, merchant, fresh))
        until = clock_time(fresh.now + PRINTED_LASTS, desk.timezone).strip()
    say(f"{settings.base_url}/console/access/{tokens.sign(link_id, Purpose.CONSOLE, keys.secret_keys)}")
    say(f"It opens the console for {merchant}, once, until {until}. Whoever has it can open it: show it to nobody.")
    return 0


def _chosen(email: str | None, known: tuple[str, ...]) -> str:
    """The merchant as the settings spell the address. Raises AskedWrongly."""
    if not known:
        raise AskedWrongly(_NONE)
    if email is None and len(known) > 1:
        raise AskedWrongly(f"for whom? Write one of them behind the command: {', '.join(known)}")
    key = identity(known[0] if email is None else an_address(email))
    found = next((each for each in known if identity(each) == key), None)
    if found is None:
        raise AskedWrongly(f"{email} may not open the console; console.merchants in the settings says who may")
    return found

"""`scan-test`: does a sign-in link outlive what mail scanners do to it?"""

import asyncio
from typing import Annotated
from urllib.parse import urlsplit

import aiohttp
from cyclopts import Parameter

from worker.commands.opening import AskedWrongly
from worker.commands.terminal import complain, say
from worker.net.scanners import PROFILES, Looked, Scanned, look


def scan_test(url: Annotated[str, Parameter(help="A fresh sign-in link of your own")], /) -> int:
    """Treat a sign-in link as mail scanners do, in seven ways, and see whether it is spent.

    The last way presses the page's buttons, so take a link that you can spare. Exit code 1 if an earlier one spent it.

    For example:

        letterkey scan-test https://shop.example/access/…
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AskedWrongly(f"{url} is no address of a page; it begins with https://")
    try:
        return asyncio.run(_scan(url))
    except (aiohttp.ClientError, TimeoutError) as error:
        complain(f"The page can't be reached: {str(error) or 'it took too long'}.")
        return 1


async def _scan(url: str) -> int:
    before, spent_early = await look(url), False
    if before.status >= 400:
        complain(f"The link doesn't open: the page answers {before.status}. Take a fresh one.")
        return 1
    say(f"{'profile':<30}{'requests':>8}  {'answer':<12}spent?")
    for number, profile in enumerate(PROFILES, 1):
        scanned = await profile(url)
        word = _spent(scanned, before, await look(url))
        say(_row(scanned, word))
        spent_early = spent_early or (number < len(PROFILES) and word in ("yes", "perhaps"))
    return int(spent_early)


def _spent(scanned: Scanned, before: Looked, after: Looked) -> str:
    """As far as can be seen from outside: a page that changed may say anything, a refusal says it plainly."""
    if after.status != before.status:
        return "yes"
    if scanned.not_run:
        return "-"
    return "perhaps" if scanned.cookie or after.body != before.body else "no"


def _row(scanned: Scanned, word: str) -> str:
    if word == "-":
        return f"{scanned.profile:<30}{'-':>8}  not run: {scanned.not_run}"
    answers = " ".join(str(status) for status in sorted(set(scanned.statuses)))
    return f"{scanned.profile:<30}{len(scanned.statuses):>8}  {answers:<12}{word}"

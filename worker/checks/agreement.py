"""The settings: that they can be read, that `run` would start with them, and that they agree about the rung one is on.

The rungs: the hub alone, then an address to write to, then receipts from here (docs/first-day.md).
"""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

from worker.checks.finding import Area, Finding
from worker.checks.scene import Scene
from worker.core.transaction import Issuer
from worker.settings import Settings, SettingsError
from worker.wiring.letters import brand_of, dkim_of, stationery_of
from worker.wiring.relay import relays_of
from worker.wiring.sources import provable_sources_of, sources_of

AREA = Area("settings")


def unreadable(error: SettingsError) -> list[Finding]:
    """What is wrong with settings that can't be read; nothing else can be tried then."""
    return [_problem(problem) for problem in error.problems]


async def check_agreement(scene: Scene) -> list[Finding]:
    """All that the settings say by themselves."""
    settings = scene.settings
    found = [_problem(problem) for problem in settings.problems_for_run()]
    found += map(_problem, scene.problems)
    found += [AREA.look("console", f"{each.name}, made there, is left out: {each.text}") for each in scene.ignored]
    found += [*_shown(settings), *_closed(scene.file), *_invoicing(settings)]
    if not any(each.verdict == "wrong" for each in found):
        found.insert(0, AREA.works("read", f"{scene.file or 'from the environment'}: {_rung(settings)}"))
    return found


def _problem(told: str) -> Finding:
    """`letterkey.toml:7: base_url is …; write …` as what was seen and what to do."""
    text, _, remedy = told.partition("; ")
    package = re.search(r": (pip install .+)", text)
    if package:
        text, remedy = text[: package.start()], package[1]
    elif not remedy and "mail.dkim_key" in text:
        remedy = "name a private key there; make one: openssl genrsa -out dkim.pem 2048"
    return AREA.wrong("letterkey run", text, remedy or "put that setting right")


def _shown(settings: Settings) -> Iterator[Finding]:
    """Logo, templates and keys are read as at the start."""
    for read in (_stationery, provable_sources_of, relays_of, dkim_of):
        try:
            read(settings)
        except SettingsError as error:
            yield from map(_problem, error.problems)
        except OSError as error:
            text = f"{error.filename} can't be read: {error.strerror}"
            yield AREA.wrong("letterkey run", text, "give Letterkey's user the right to")


def _stationery(settings: Settings) -> None:
    """The shipped templates can't be wrong, so only the merchant's own are compiled."""
    brand = brand_of(settings)
    if (settings.state_dir / "templates").is_dir():
        stationery_of(settings, brand)


def _closed(file: Path | None) -> Iterator[Finding]:
    if file is not None and stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield AREA.look("permissions", f"others may read {file}, and the passwords in it", f"chmod 600 {file}")


def _rung(settings: Settings) -> str:
    if _sends(settings):
        return f"receipts go out ({settings.receipts.style}), and customers get at their purchases"
    if settings.mail.access_address:
        return f"no receipts; customers get at their purchases by a mail to {settings.mail.access_address} or the form"
    return "no receipts; customers get at their purchases by the form"


def _sends(settings: Settings) -> bool:
    own = [each.receipt_style for each in settings.products.values()]
    return any(style not in (None, "none") for style in (settings.receipts.style, *own))


def _invoicing(settings: Settings) -> Iterator[Finding]:
    """Two invoices for one sale make the merchant owe its tax twice; one without a seller's address is none."""
    usual = {name: reader.default_issuer for name, reader in sources_of(settings).items()}
    ours = [name for name, each in settings.sources.items() if (each.issuer or usual[name].value) == "us"]
    for name in (each for each in ours if settings.sources[each].issuer and usual[each] is Issuer.PROVIDER):
        yield AREA.look(
            f"sources.{name}",
            f'issuer = "us", but as a rule {settings.sources[name].kind} writes the invoice',
            "switch its invoices off there, or a second invoice makes you owe the tax twice (docs/sources.md)",
        )
    if ours and not _sends(settings):
        yield AREA.look(
            "receipts.style",
            f'"none", but sales from {", ".join(ours)} take numbers of your series and nobody is mailed the invoice',
            f'let receipts go out, or write issuer = "provider" in [sources.{ours[0]}] until they do',
        )
    business = settings.business
    lacking = [
        name
        for name, value in (
            ("business.address.line1", business.address.line1), ("business.address.country", business.address.country),
            ("business.tax_id", business.tax_id),
        )
        if not value
    ]  # fmt: skip
    if ours and _sends(settings) and lacking:
        text = f"your invoices for {', '.join(ours)} go without {', '.join(lacking)}"
        yield AREA.look("business", text, "the law mostly wants them on an invoice; set them")

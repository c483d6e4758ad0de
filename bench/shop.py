"""The shop that is measured: its settings, and the parts of the worker that they make, as `app` puts them together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from worker import journal, metrics
from worker.clock import Clock, system_clock
from worker.exit.letters import Writer
from worker.outbound import Exit
from worker.settings import Keys, Settings, load_or_make_keys, load_settings
from worker.store.engine import Store
from worker.store.opening import open_store
from worker.transactions import TransactionQueue
from worker.wiring.letters import brand_of, stationery_of, writer_of
from worker.wiring.policy import policy_of
from worker.wiring.relay import relay_of
from worker.wiring.sources import sources_of

API_KEY = "a-key-for-benchmarks-of-32-letters"
WEBHOOK_SECRET = "whsec_benchmarks"  # noqa: S105 - nobody else's


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shop's data lies and where its relay listens. `database` is empty for SQLite in the folder."""

    folder: Path
    database: str = ""
    relay_port: int = 25

    def environment(self) -> dict[str, str]:
        """The settings as a command of this shop finds them."""
        found = {
            "STATE_DIR": str(self.folder),
            "SECRET_KEYS": "k" * 40,
            "DOCUMENT_KEYS": "d" * 40,
            "API_KEYS": API_KEY,
            "HUB__LISTEN": "127.0.0.1:0",
            "OPS__LISTEN": "127.0.0.1:0",
            "MAIL__FROM": "Atelier Nord <shop@example.org>",
            "MAIL__ACCESS_ADDRESS": "access@example.org",
            "MAIL__SMTP_URL": f"smtp://127.0.0.1:{self.relay_port}",
            "BUSINESS__NAME": "Atelier Nord",
            "BUSINESS__SUPPORT_EMAIL": "help@example.org",
            "BUSINESS__ADDRESS__LINE1": "Elbchaussee 1",
            "BUSINESS__ADDRESS__CITY": "Hamburg",
            "BUSINESS__ADDRESS__COUNTRY": "DE",
            "BUSINESS__TAX_ID": "DE123456789",
            "SOURCES__STRIPE__SECRETS": WEBHOOK_SECRET,
        }
        if self.database:
            found["DATABASE_URL"] = self.database
        journal_file = str(self.folder.with_suffix(".journal"))
        return {f"LETTERKEY_{name}": value for name, value in found.items()} | {"BENCH_JOURNAL": journal_file}


@dataclass(frozen=True, slots=True)
class Shop:
    """An open shop."""

    settings: Settings
    keys: Keys
    clock: Clock
    store: Store
    metrics: metrics.Metrics

    def writer(self) -> Writer:
        """What composes its mails."""
        brand = brand_of(self.settings)
        return writer_of(self.settings, self.keys, stationery_of(self.settings, brand), brand)

    def queue(self) -> TransactionQueue:
        """What issues its receipts."""
        policy, sources = policy_of(self.settings), sources_of(self.settings)
        return TransactionQueue(self.store, self.clock, policy, sources, self.metrics)

    def exit(self) -> Exit:
        """What sends them."""
        assert self.settings.mail.smtp_url is not None, "set above"
        return Exit(
            store=self.store,
            clock=self.clock,
            policy=policy_of(self.settings),
            writer=self.writer(),
            relay=relay_of(self.settings.mail.smtp_url),
            metrics=self.metrics,
            alone=self.settings.database.kind == "sqlite",
        )


@asynccontextmanager
async def opened(environment: Mapping[str, str]) -> AsyncIterator[Shop]:
    """The shop of these settings. What happens is journalled to stderr, as in earnest."""
    journal.configure()
    settings, clock = load_settings(None, environment), system_clock()
    store = await open_store(settings.database.url.get_secret_value(), clock.now)
    watching = asyncio.create_task(store.watch())
    try:
        yield Shop(settings, load_or_make_keys(settings), clock, store, metrics.new_metrics())
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await store.close()

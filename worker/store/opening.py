"""Opening the database that the settings name, ready for use: connected, checked and migrated."""

from collections.abc import Callable

from worker.store.dumping import must_be_restored
from worker.store.engine import Store, StoreRefused, sqlite_file
from worker.store.migrate import Migration, migrate_postgres, migrate_sqlite, migrations
from worker.store.ownership import must_be_whole
from worker.store.postgres import open_postgres
from worker.store.sqlite import open_sqlite


async def open_store(url: str, clock: Callable[[], int], *, inline: bool = False) -> Store:
    """The store behind `sqlite:///…` or `postgresql://…`, migrated. Raises StoreRefused saying what to do."""
    store, _ = await open_and_migrate(url, clock, inline=inline)
    return store


async def open_and_migrate(
    url: str, clock: Callable[[], int], *, inline: bool = False, restoring: bool = False
) -> tuple[Store, list[Migration]]:
    """As `open_store`, with the migrations that were missing. Only a restore opens what is not restored to the end."""
    file = sqlite_file(url)
    if file is not None:
        must_be_whole(file.parent)
        sqlite = await open_sqlite(file, clock, inline=inline)
        try:
            return sqlite, await migrate_sqlite(sqlite, migrations("sqlite"), clock)
        except BaseException:
            await sqlite.close()
            raise
    if url.startswith(("postgresql://", "postgres://")):
        postgres = await open_postgres(url)
        try:
            if not restoring:
                await postgres.on_connection(must_be_restored)
            return postgres, await migrate_postgres(postgres, migrations("postgres"), clock)
        except BaseException:
            await postgres.close()
            raise
    raise StoreRefused("database_url must start with sqlite:/// or postgresql://")

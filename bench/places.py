"""Places for shops, each with a database of its own: a folder, and on PostgreSQL a database beside the others."""

import asyncio
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from bench.shop import Place


@dataclass(slots=True)
class Places:
    """`postgres` is the URL of a database where we may create others, None for SQLite."""

    root: Path
    postgres: str | None
    relay_port: int
    _made: list[str] = field(default_factory=list)

    def new(self, name: str) -> Place:
        """An empty place."""
        folder = self._folder(name)
        folder.mkdir()
        return Place(folder, self._created(name, "template0"), self.relay_port)

    def copy(self, place: Place, name: str) -> Place:
        """Another with the same data, in place of an earlier one of that name. Nobody may have the first one open."""
        folder = self._folder(name)
        shutil.copytree(place.folder, folder)
        return replace(place, folder=folder, database=self._created(name, place.database.rpartition("/")[2]))

    def close(self) -> None:
        """Drop the databases."""
        for name in self._made:
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _folder(self, name: str) -> Path:
        shutil.rmtree(self.root / name, ignore_errors=True)
        return self.root / name

    def _created(self, name: str, template: str) -> str:
        if self.postgres is None:
            return ""
        database = f"letterkey_bench_{name}"
        self._made.append(database)
        self._run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self._run(f"CREATE DATABASE {database} TEMPLATE {template}")
        return urlsplit(self.postgres)._replace(path=f"/{database}").geturl()

    def _run(self, statement: str) -> None:
        import asyncpg

        async def run() -> None:
            connection = await asyncpg.connect(self.postgres)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())

"""The floor of a page: aiohttp, a Jinja2 template and SQLite in the loop, with nothing between them.

`python -m bench.hub_floor SIZE QUERIES`: pages of about SIZE bytes, each after QUERIES lookups. It prints its port.
"""

import asyncio
import sqlite3
import sys

from aiohttp import web
from jinja2 import Environment

from bench.loop import run

_ROWS = 10_000
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title></head><body><h1>{{ title }}</h1>
<table>
{%- for row in rows %}
<tr class="{{ 'odd' if loop.index is odd else 'even' }}"><td>{{ row.name }}</td><td>{{ row.amount }}</td></tr>
{%- endfor %}
</table></body></html>
"""
_A_ROW = 90  # bytes of it, nearly


async def _serve(size: int, queries: int) -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount INTEGER NOT NULL)")
    database.executemany("INSERT INTO things VALUES (?, ?, ?)", ((n, f"Thing & no. {n:022}", n) for n in range(_ROWS)))
    template = Environment(autoescape=True).from_string(_PAGE)

    async def page(request: web.Request) -> web.Response:
        found = [
            database.execute("SELECT name, amount FROM things WHERE id = ?", (n,)).fetchone() for n in range(queries)
        ]
        rows = [dict(zip(("name", "amount"), found[n % queries], strict=True)) for n in range(size // _A_ROW)]
        return web.Response(text=template.render(title="Things", rows=rows), content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1])
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    run(_serve(*(int(each) for each in sys.argv[1:3])))

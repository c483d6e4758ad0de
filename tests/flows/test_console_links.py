"""No page of the console leads to a page that isn't there, and the sidebar marks each of its own."""

import re
from urllib.parse import urlsplit

from flows.merchants import console_server
from render import console_papers, papers
from support.databases import Database
from worker.hub_server import hub_application
from worker.render.environment import make_environment

LINK = re.compile(r'(?:href|action)="(/[^"]*)"')


async def test_every_link_leads_somewhere(sqlite_database: Database) -> None:
    resources = hub_application(console_server(sqlite_database)).router.resources()
    known = [
        info.get("pattern") or re.compile(re.escape(info["path"]))
        for info in (each.get_info() for each in resources)
        if "path" in info or "pattern" in info
    ]
    linked = {
        (name, urlsplit(path).path)
        for name, html in console_papers.pages(make_environment(), papers.BRAND).items()
        for path in LINK.findall(html)
    }
    assert len(linked) > 20
    assert sorted(each for each in linked if not any(pattern.fullmatch(each[1]) for pattern in known)) == []

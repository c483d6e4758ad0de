"""`/static/`: style sheets, a script and the merchant's logo, made once at start; browsers know them by ETag."""

import hashlib
from dataclasses import dataclass

from aiohttp import web

from worker import shipped
from worker.render.console.frame import render_console_stylesheet
from worker.render.pages import render_stylesheet
from worker.web.hub import HubServer

# The address never changes, so a browser asks again after an hour and mostly hears 304.
_CACHE = "public, max-age=3600"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load."""

    body: bytes
    mime_type: str
    etag: str


def stylesheet(hub: HubServer) -> Asset:
    """The style sheet in the merchant's colours."""
    return _asset(render_stylesheet(hub.stationery, hub.brand).encode(), "text/css")


def console_stylesheet(hub: HubServer) -> Asset:
    """The sheet of the console's pages, beside the other."""
    return _asset(render_console_stylesheet(hub.stationery, hub.brand).encode(), "text/css")


def copying() -> Asset:
    """The script of the console's buttons that copy."""
    return _asset(shipped.path("templates", "static", "copy.js").read_bytes(), "text/javascript")


def logo(hub: HubServer) -> Asset | None:
    """The merchant's logo, where there is one."""
    return _asset(hub.brand.logo.data, hub.brand.logo.mime_type) if hub.brand.logo else None


async def get_asset(asset: Asset | None, request: web.Request) -> web.Response:
    """The file, or 304 for a browser that has it."""
    if asset is None:
        raise web.HTTPNotFound
    headers = {"ETag": f'"{asset.etag}"', "Cache-Control": _CACHE}
    known = request.if_none_match or ()
    if any(tag.value in (asset.etag, "*") for tag in known):
        return web.Response(status=304, headers=headers)
    charset = "utf-8" if asset.mime_type.startswith("text/") else None
    return web.Response(body=asset.body, content_type=asset.mime_type, charset=charset, headers=headers)


def _asset(body: bytes, mime_type: str) -> Asset:
    return Asset(body, mime_type, hashlib.sha256(body).hexdigest()[:32])

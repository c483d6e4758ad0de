"""A form that brings a file (RFC 7578): its fields, its file, and whether a page of ours sent it."""

import re
from dataclasses import dataclass

from aiohttp import web

from worker.web.answers import Refusal, refuse
from worker.web.bodies import read_body
from worker.web.forms import Proof, proof_of
from worker.web.hub import HubServer

MOST_PARTS = 10
_NAME = re.compile(rb'; *name="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Upload:
    """The parts of the form by their names, each as it came; what a file calls itself is not kept."""

    parts: dict[str, bytes]
    proof: Proof


async def read_upload(hub: HubServer, request: web.Request, paired: str) -> Upload | Refusal:
    """What was sent; `paired` is the cookie that the form's hidden field belongs to."""
    boundary = _boundary(request)
    if boundary is None:
        return refuse(415, "brings no file")
    body = await read_body(request, hub.patience.body_seconds)
    if isinstance(body, Refusal):
        return body
    parts: dict[str, bytes] = {}
    # The first piece stands before the first boundary, the last one behind the closing one.
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary, MOST_PARTS + 1)[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is not None:
            parts.setdefault(name[1].decode("utf-8", "replace"), content)
    hidden = parts.get("csrf", b"").decode("ascii", "replace")
    return Upload(parts, proof_of(hub, request, hidden, paired))


def _boundary(request: web.Request) -> bytes | None:
    if request.content_type != "multipart/form-data":
        return None
    found = re.search(r'boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?$', request.headers.get("Content-Type", ""))
    return found[1].encode() if found else None

"""The floor of taking mail: `aiosmtpd` as it comes, which discards what it is given. It prints its port."""

import asyncio
import sys

from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.loop import run


class _Discarding:
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return "250 2.0.0 gone"


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(_Discarding(), hostname="floor.example.org", loop=loop), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1])
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    run(_serve())

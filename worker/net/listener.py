"""Our own SMTP listener: takes mail for our addresses, and says 250 once it is kept.

Rules:
- Refused in the dialogue or kept, never accepted and then bounced: a bounce would go to whoever was forged as sender.
- Everything a stranger can make grow has a limit: size, lines, recipients, commands, connections, time, memory.
- A fault of ours answers 451, so that the other side keeps the mail and comes again; no reply says what went wrong.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.net.mail_door import MailDoor
from worker.net.smtp_caller import Caller
from worker.net.smtp_room import Room

BACKLOG = 1_024
"""Callers not yet seen: in a flood the honest ones would wait in vain behind a shorter queue."""


@asynccontextmanager
async def listening(door: MailDoor, host: str, port: int, stopping: asyncio.Event) -> AsyncIterator[int]:
    """Take mails until `stopping` is set or the context ends, then finish those in hand; gives the port.

    Raises OSError where it can't listen.
    """
    loop, room = asyncio.get_running_loop(), Room(door.trusted)
    server = await loop.create_server(lambda: Caller(door, room), host, port, backlog=BACKLOG)

    async def close() -> None:
        await stopping.wait()
        server.close()
        room.close()

    closing = asyncio.create_task(close())
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        closing.cancel()
        server.close()
        room.close()
        await room.empty()
        await server.wait_closed()

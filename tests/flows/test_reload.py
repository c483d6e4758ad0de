"""The running program takes up new settings, by signal or from the console, and loses nothing by it."""

import asyncio
import json
import os
import pty
import re
import signal
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp

from flows.test_sale_becomes_receipt import text_of
from support.ports import free_port
from support.program import API_KEY, PATIENCE, Program, Running
from support.sales import sale
from support.sink import Sink
from worker.actions.make_settings import Made, Wish, make_settings
from worker.clock import new_id, now, secret_id
from worker.core.fresh import Fresh
from worker.store.opening import open_store

OLD_KEY, NEW_KEY, NEWER_KEY = "old-key-" + "0" * 32, "new-key-" + "1" * 32, "newer-key-" + "2" * 32
FILE = """
secret_keys = {keys}
{more}

[business]
name = "{name}"
support_email = "help@example.org"

[receipts]
reply_to = "support"

[limits]
per_minute = 1000
client_per_minute = 1000
"""


class Shop:
    """A program whose settings file a test writes anew."""

    def __init__(self, sink: Sink, folder: Path, url: str) -> None:
        self.file, self.sink, self.url = folder / "letterkey.toml", sink, url
        self.program = Program(
            {
                "LETTERKEY_STATE_DIR": str(folder),
                "LETTERKEY_DATABASE_URL": url,
                "LETTERKEY_MAIL__FROM": "shop@example.org",
                "LETTERKEY_MAIL__SMTP_URL": sink.url,
            }
        )
        self.write()

    def write(self, name: str = "First Name", more: str = "", keys: tuple[str, ...] = (OLD_KEY,)) -> None:
        self.file.write_text(FILE.format(name=name, more=more, keys=json.dumps(keys)))

    def run(self) -> AbstractAsyncContextManager[Running]:
        return self.program.running("--config", str(self.file))


async def hang_up(running: Running, event: str = "settings_in_force") -> dict[str, Any]:
    """SIGHUP; returns the next note of that kind."""
    before = len(running.notes(event))
    running.process.send_signal(signal.SIGHUP)
    return await running.note(event, before + 1)


async def form(running: Running) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{running.program.url}/updateinfo/") as answer:
        assert answer.status == 200
        return await answer.text()


async def make(url: str, values: Mapping[str, object], seen: int = 0) -> None:
    """As the console does, but in another process than the program's."""
    store = await open_store(url, now)
    try:
        wish = Wish(values, seen, "merchant@example.org", {})
        made = await store.write(lambda tx: make_settings(tx, wish, Fresh(now(), new_id, secret_id)))
        assert isinstance(made, Made)
    finally:
        await store.close()


async def shows(running: Running, name: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while name not in await form(running):
            pass


async def test_the_file_is_read_anew_under_load_and_nothing_is_lost(sink: Sink, tmp_path: Path, store_url: str) -> None:
    shop = Shop(sink, tmp_path, store_url)
    async with shop.run() as running:
        assert "First Name" in await form(running)
        stop, told, failed = asyncio.Event(), 0, []

        async def load() -> None:
            nonlocal told
            headers = {"Authorization": f"Bearer {API_KEY}"}
            async with aiohttp.ClientSession(headers=headers) as session:
                while not stop.is_set():
                    number = told = told + 1
                    async with session.post(f"{shop.program.url}/api/transactions", json=sale(number)) as answer:
                        if answer.status != 201:
                            failed.append(await answer.text())

        loads = [asyncio.create_task(load()) for _ in range(3)]
        await sink.wait_for(5)
        shop.write("Second Name")
        await hang_up(running)
        assert "Second Name" in await form(running)
        shop.write('Broken"')
        await hang_up(running, "settings_refused")
        shop.write("Third Name", more="[links]\nhours = 0")
        problem = await hang_up(running, "settings_refused")
        assert "links.hours must be 1 or more" in problem["problem"]
        assert "Second Name" in await form(running), "a file with mistakes changes nothing"
        shop.write("Fourth Name")
        await hang_up(running)
        seen = len(sink.mails)
        stop.set()
        await asyncio.gather(*loads)
        assert failed == []
        await sink.wait_for(told)
        assert told > seen
        assert await running.stop() == 0
    recipients = [recipient for mail in sink.mails for recipient in mail.recipients]
    assert sorted(recipients) == sorted(f"buyer{number}@example.com" for number in range(1, told + 1))
    assert "Fourth Name" in text_of(sink.mails_to(f"buyer{told}@example.com")[0].message())


async def test_what_cannot_change_under_way_is_told(sink: Sink, tmp_path: Path) -> None:
    shop = Shop(sink, tmp_path, f"sqlite:///{tmp_path / 'letterkey.db'}")
    async with shop.run() as running:
        shop.write("Second Name", more=f'[inbound]\nmax_message = 70000\nsmtp_listen = "127.0.0.1:{free_port()}"\n')
        await hang_up(running, "settings_refused")  # a mail door without an address
        shop.write("Second Name", more="[inbound]\nmax_message = 70000\n")
        told = await hang_up(running, "setting_needs_restart")
        assert told["setting"] == "inbound.max_message"
        assert "Second Name" in await form(running)


async def test_a_new_key_signs_while_links_of_the_old_one_open(sink: Sink, tmp_path: Path) -> None:
    shop = Shop(sink, tmp_path, f"sqlite:///{tmp_path / 'letterkey.db'}")
    async with shop.run() as running:
        await running.tell([sale(1)])
        await sink.wait_for(1)
        foot = re.search(r"/updateinfo/\?r=\S+", text_of(sink.mails[0].message()))
        assert foot is not None
        shop.write(keys=(OLD_KEY, NEW_KEY))
        await hang_up(running)
        async with aiohttp.ClientSession() as session:
            async with session.get(shop.program.url + foot[0]) as answer:
                assert "b•••@example.com" in await answer.text(), "links of the old key open"
            await running.tell([sale(2)])
            await sink.wait_for(2)
            newer = re.search(r"/updateinfo/\?r=\S+", text_of(sink.mails[1].message()))
            assert newer is not None
            shop.write(keys=(NEW_KEY, NEWER_KEY))
            await hang_up(running)
            async with session.get(shop.program.url + newer[0]) as answer:
                assert "b•••@example.com" in await answer.text(), "the new key signed it"
            async with session.get(shop.program.url + foot[0]) as answer:
                assert "b•••@example.com" not in await answer.text(), "what is taken out opens nothing more"


async def test_what_is_made_in_another_process_alters_the_next_page_and_receipt(
    sink: Sink, tmp_path: Path, store_url: str
) -> None:
    shop = Shop(sink, tmp_path, store_url)
    async with shop.run() as running:
        await running.tell([sale(1)])
        await sink.wait_for(1)
        await make(store_url, {"business.name": "Made <b>Here</b>", "receipts.style": "simple", "invoices.start": 70})
        await shows(running, "Made &lt;b&gt;Here&lt;/b&gt;")
        await running.tell([sale(2)])
        await sink.wait_for(2)
        await make(store_url, {"business.name": None, "receipts.style": None}, seen=1)
        await shows(running, "First Name")
        await running.tell([sale(3)])
        await sink.wait_for(3)
    first, second, third = (text_of(mail.message()) for mail in sink.mails)
    assert "/updateinfo/?r=" in first
    assert "/updateinfo/?r=" not in second
    assert "Made <b>Here</b>" in second
    assert "/updateinfo/?r=" in third
    assert "71" in third
    assert "First Name" in third


async def test_what_no_longer_holds_is_left_out_and_told(sink: Sink, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'letterkey.db'}"
    await make(url, {"receipts.style": "as an older version had it", "business.name": "Made"})
    shop = Shop(sink, tmp_path, url)
    async with shop.run() as running:
        [ignored] = running.notes("setting_ignored")
        assert ignored["setting"] == "receipts.style"
        _, out, _ = await shop.program.command("status", "--config", str(shop.file))
        assert "business.name, receipts.style set there, over the file" in out
        assert "Made" in await form(running)


async def test_without_a_terminal_a_hang_up_still_means_nothing(sink: Sink, tmp_path: Path) -> None:
    shop = Shop(sink, tmp_path, f"sqlite:///{tmp_path / 'letterkey.db'}")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does; the program inherits it
    try:
        async with shop.run() as running:
            shop.write("Second Name")
            running.process.send_signal(signal.SIGHUP)
            assert "First Name" in await form(running)
            assert await running.stop() == 0
            assert running.notes("settings_in_force") == []
    finally:
        signal.signal(signal.SIGHUP, before)


async def test_a_terminal_that_is_closed_still_ends_it(sink: Sink, tmp_path: Path) -> None:
    shop = Shop(sink, tmp_path, f"sqlite:///{tmp_path / 'letterkey.db'}")
    child, terminal = pty.fork()
    if child == 0:  # a session of its own, whose terminal is ours to close
        os.chdir(tmp_path)
        words = [sys.executable, "-m", "worker", "run", "--config", str(shop.file)]
        os.execve(sys.executable, words, shop.program.environment)
    said = b""
    while b"listening" not in said:
        said += await asyncio.to_thread(os.read, terminal, 4096)
    os.close(terminal)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    assert os.waitstatus_to_exitcode(status) == 0

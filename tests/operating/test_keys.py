"""Keys change while the program runs: what older ones signed opens until they are retired, and none is ever shown."""

import json
import re
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from support.program import Program, Running
from support.sales import sale
from support.sink import Mail, Sink
from worker.core import tokens
from worker.core.instant import DAY, HOUR
from worker.core.key_use import BOUNCES_COME_FOR, CantRetire, KeyUse, cant_retire, needed_until
from worker.settings import load_or_make_keys, load_settings
from worker.settings.key_rotation import add_secret_key, fingerprint
from worker.store.invoices import Purpose

BUYER = "buyer7@example.com"


@dataclass(frozen=True, slots=True)
class Shop:
    running: Running
    sink: Sink
    keys_file: Path

    @property
    def keys(self) -> list[str]:
        return list(json.loads(self.keys_file.read_text("utf-8"))["secret_keys"])

    async def keys_command(self, *words: str) -> tuple[int, str]:
        code, out, err = await self.running.program.command("keys", *words)
        assert [key for key in self.keys if key in out + err] == []
        return code, out + err

    async def reload(self) -> None:
        """SIGHUP, and the settings are in force."""
        before = len(self.running.notes("settings_in_force"))
        self.running.process.send_signal(signal.SIGHUP)
        await self.running.note("settings_in_force", before + 1)

    async def new_link(self) -> str:
        """The path of a link that was just asked for by the form."""
        count, own = len(self.sink.mails), {"Sec-Fetch-Site": "same-origin"}
        async with aiohttp.ClientSession() as browser:
            async with browser.get(f"{self.running.program.url}/updateinfo/") as form:
                hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', await form.text()))
            said = {**hidden, "email": BUYER}
            async with browser.post(f"{self.running.program.url}/updateinfo/", data=said, headers=own) as asked:
                assert asked.status == 200
        return found(r"(/access/\S+)", text_of((await self.sink.wait_for(count + 1))[count]))

    async def opens(self, path: str) -> bool:
        """A look at it, which spends nothing."""
        async with aiohttp.ClientSession() as visitor, visitor.get(self.running.program.url + path) as answer:
            return "€58.31" in await answer.text()


def text_of(mail: Mail) -> str:
    body = mail.message().get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def found(pattern: str, text: str) -> str:
    (first, *_) = re.findall(pattern, text)
    return str(first)


@pytest.fixture
async def shop(tmp_path: Path, sink: Sink) -> AsyncIterator[Shop]:
    settings = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
        "LETTERKEY_MAIL__BOUNCE_ADDRESS": "bounces@example.org",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
        "LETTERKEY_LIMITS__PER_MINUTE": "10",
    }
    async with Program(settings).running() as running:
        plan = {"ref": "S-7", "interval": "month", "next_payment_at": "2099-12-22T18:48:00Z", "next_amount": 5831}
        await running.tell([sale(7, subscription=plan)])
        await sink.wait_for(1)
        yield Shop(running, sink, tmp_path / "keys.json")


async def test_a_new_key_signs_and_the_old_one_opens_until_it_is_retired(shop: Shop) -> None:
    document = found(r"(/documents/\S+)", text_of(shop.sink.mails[0]))
    old_link, [old] = await shop.new_link(), shop.keys
    code, said = await shop.keys_command("show")
    assert (code, f"{fingerprint(old)}  signs\n" in said) == (0, True)
    assert (await shop.keys_command("retire"))[1].startswith("Nothing was changed: there is but one secret key")

    code, said = await shop.keys_command("rotate")
    assert (code, shop.keys[0]) == (0, old)
    new = shop.keys[1]
    assert fingerprint(new) in said
    assert "signs after the next reload" in (await shop.keys_command("show"))[1]
    assert "doesn't sign yet" in (await shop.keys_command("retire"))[1]

    await shop.reload()
    assert (await shop.running.note("key_in_use", 1))["key"] == fingerprint(new)
    assert f"{fingerprint(new)}  signs since" in (await shop.keys_command("show"))[1]
    new_link = await shop.new_link()
    token = new_link.removeprefix("/access/")
    assert tokens.read(token, Purpose.ACCESS, [new])
    assert tokens.read(token, Purpose.ACCESS, [old]) is None
    assert [await shop.opens(link) for link in (old_link, new_link, document)] == [True, True, True]

    code, said = await shop.keys_command("retire")
    assert (code, shop.keys) == (1, [old, new])
    assert "may still be opened until" in said

    assert (await shop.keys_command("retire", "--now"))[0] == 0
    await shop.reload()
    assert shop.keys == [new]
    assert [await shop.opens(link) for link in (old_link, new_link, document)] == [False, True, True]
    assert [key for key in (old, new) if key in "\n".join(shop.running.journal)] == []


async def test_keys_in_the_settings_are_changed_there(tmp_path: Path) -> None:
    program = Program({"LETTERKEY_STATE_DIR": str(tmp_path), "LETTERKEY_SECRET_KEYS": "o" * 32})
    code, _, said = await program.command("keys", "rotate")
    assert code == 1
    assert "add a new key at the end" in said
    assert "o" * 32 not in said


def test_two_who_rotate_at_once_lose_no_key(tmp_path: Path) -> None:
    settings = load_settings(None, {"LETTERKEY_STATE_DIR": str(tmp_path)})
    first = load_or_make_keys(settings)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: add_secret_key(settings), range(16)))
    after = load_or_make_keys(settings)
    assert len(set(after.secret_keys)) == 17
    assert after.secret_keys[0] == first.secret_keys[0]
    assert after.document_keys == first.document_keys
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("use", "after", "at_once", "why"),
    [
        (KeyUse(1, 0), 99 * DAY, True, CantRetire.ONLY),
        (KeyUse(2, None), 99 * DAY, True, CantRetire.UNUSED),
        (KeyUse(2, 0), BOUNCES_COME_FOR - 1, False, CantRetire.NEEDED),
        (KeyUse(2, 0), BOUNCES_COME_FOR - 1, True, None),
        (KeyUse(2, 0), BOUNCES_COME_FOR, False, None),
        (KeyUse(2, 0, open_actions=1), BOUNCES_COME_FOR, False, CantRetire.OPEN),
        (KeyUse(2, 0, open_actions=1), 0, True, None),
    ],
)
def test_when_the_oldest_may_go(use: KeyUse, after: int, at_once: bool, why: CantRetire | None) -> None:
    assert cant_retire(use, 24, after, at_once=at_once) is why


def test_links_that_live_longer_keep_their_key_longer() -> None:
    assert needed_until(7, 24) == 7 + BOUNCES_COME_FOR
    assert needed_until(7, 24 * 30) == 7 + 720 * HOUR

"""`letterkey init` as a merchant types it, at a terminal and from a script: five answers, and a file that works."""

import os
import pty
import re
import select
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from support.program import PATIENCE, Program
from worker import shipped
from worker.commands.first_settings import Answers, settings_text
from worker.settings import load_settings

ANSWERS = [
    'Ada\'s "Courses" Ω',
    "purchases.shop.example",
    "shop@shop.example",
    "smtp.relay.example",
    "me@shop.example",
    "p@ss:w/ord#%é",
    "help@shop.example",
]
OPTIONS = [
    "--yes", "--name", "Ada", "--base-url", "https://purchases.shop.example", "--sender", "Ada <a@shop.example>",
    "--relay", "smtp://127.0.0.1:2525", "--support", "help@shop.example",
]  # fmt: skip
FILE = "letterkey.toml"


def environment() -> dict[str, str]:
    whole = Program({}).environment
    return {name: value for name, value in whole.items() if not name.startswith("LETTERKEY_")}


def letterkey(folder: Path, *words: str, given: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "worker", *words], cwd=folder, env=environment(), input=given, text=True,
        capture_output=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def typed(answers: list[str]) -> str:
    return "".join(f"{answer}\n" for answer in answers)


def test_a_script_answers_on_standard_input(tmp_path: Path) -> None:
    code, out, err = letterkey(tmp_path, "init", given=typed(ANSWERS))
    assert (code, err) == (0, "")
    assert "letterkey check" in out
    file = tmp_path / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [FILE]
    settings = load_settings(file, {})
    assert settings.mail.from_
    assert settings.mail.smtp_url
    assert settings.mail.smtp_url.password
    assert settings.mail.smtp_url.user == "me@shop.example"
    assert settings.mail.smtp_url.password.get_secret_value() == "p@ss:w/ord#%é"
    assert (settings.mail.smtp_url.security, settings.mail.smtp_url.port) == ("starttls", 587)
    assert (settings.mail.from_.name, settings.mail.from_.address) == ('Ada\'s "Courses" Ω', "shop@shop.example")
    assert settings.base_url == "https://purchases.shop.example"
    assert settings.receipts.style == "none"
    assert settings.problems_for_run() == []


def test_a_script_answers_by_options(tmp_path: Path) -> None:
    code, _, err = letterkey(tmp_path, "init", *OPTIONS)
    assert (code, err) == (0, "")
    assert load_settings(tmp_path / FILE, {}).problems_for_run() == []
    code, _, err = letterkey(tmp_path, "init", *OPTIONS[:-2], "--force")
    assert code == 2
    assert "The address for help is missing" in err


def test_a_password_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password.txt").write_text("s3cret/:\n")
    options = [*OPTIONS, "--relay", "smtp.relay.example:465", "--relay-user", "me"]
    options[options.index("--relay") : options.index("--relay") + 2] = []
    (tmp_path / "empty.txt").write_text("")
    given = ("init", *options, "--relay-password-file")
    code, _, err = letterkey(tmp_path, *given, "empty.txt")
    assert (code, "The relay" in err) == (2, True)
    code, out, err = letterkey(tmp_path, *given, "password.txt")
    assert (code, err) == (0, "")
    relay = load_settings(tmp_path / FILE, {}).mail.smtp_url
    assert relay
    assert relay.password
    assert (relay.security, relay.user, relay.password.get_secret_value()) == ("tls", "me", "s3cret/:")
    assert "s3cret" not in out


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("# mine\n")
    code, _, err = letterkey(tmp_path, "init", *OPTIONS)
    assert code == 2
    assert "is there already" in err
    assert (tmp_path / FILE).read_text() == "# mine\n"
    code, _, _ = letterkey(tmp_path, "init", *OPTIONS, "--force")
    assert code == 0
    assert "Ada" in (tmp_path / FILE).read_text()
    code, _, err = letterkey(tmp_path, "init", *OPTIONS, "--config", "no/such/folder.toml")
    assert (code, "can't be written" in err) == (2, True)


@pytest.mark.parametrize(
    ("place", "answer", "words"),
    [
        (0, "", "The shop's name is empty"),
        (1, "http://purchases.shop.example", "The public address is plain http"),
        (1, "https://shop.example/purchases", "write only scheme and host"),
        (2, "shop at shop.example", "The sender is no email address"),
        (3, "smtp.relay.example:port", "The relay has an impossible port"),
        (3, "https://relay.example", "The relay "),
        (6, "help", "The address for help is no email address"),
    ],
)
def test_a_wrong_answer_of_a_script_ends_it(place: int, answer: str, words: str, tmp_path: Path) -> None:
    answers = [*ANSWERS[:place], answer, *ANSWERS[place + 1 :]]
    code, _, err = letterkey(tmp_path, "init", given=typed(answers))
    assert code == 2
    assert words in err
    assert os.listdir(tmp_path) == []


def test_too_few_answers_leave_nothing(tmp_path: Path) -> None:
    code, _, err = letterkey(tmp_path, "init", given=typed(ANSWERS[:4]))
    assert (code, os.listdir(tmp_path)) == (2, [])
    assert "was not answered, so nothing was written" in err


class Terminal:
    """What a person sees and types."""

    def __init__(self, handle: int, process: subprocess.Popen[bytes]) -> None:
        self._handle = handle
        self.process = process
        self.seen = ""
        self._read = 0

    def until(self, words: str) -> None:
        """Read on until these words came. Raises OSError (EIO) where the program ended instead."""
        while (found := self.seen.find(words, self._read)) < 0:
            assert select.select([self._handle], [], [], PATIENCE)[0], f"{words!r} never came: {self.seen}"
            self.seen += os.read(self._handle, 4096).decode()
        self._read = found + len(words)

    def type(self, line: str) -> None:
        os.write(self._handle, f"{line}\n".encode())

    def interrupt(self) -> int:
        """Ctrl-C, and once more where it came just before the prompt began to listen; the exit code."""
        with suppress(OSError):
            for _ in range(int(PATIENCE)):
                os.write(self._handle, b"\x03")
                while select.select([self._handle], [], [], 1.0)[0]:
                    self.seen += os.read(self._handle, 4096).decode()
        return self.end()

    def end(self) -> int:
        """Its exit code. All is read first: a terminal makes a program wait that still has something to show."""
        with suppress(OSError):  # EIO: nobody is there any more
            while select.select([self._handle], [], [], PATIENCE)[0]:
                self.seen += os.read(self._handle, 4096).decode()
        return self.process.wait(PATIENCE)


@contextmanager
def at_terminal(folder: Path) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", sys.executable, "-m", "worker", "init"],  # Ctrl-C goes to whoever has the terminal
        cwd=folder, env={**environment(), "TERM": "dumb"}, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_person_is_asked_again_and_the_password_is_not_shown(tmp_path: Path) -> None:
    with at_terminal(tmp_path) as terminal:
        for answer, wait_for in (
            ("Ada", "The shop's name"), ("http://shop.example", "The public address"),
            ("https://shop.example", "This is plain http"), ("shop@shop.example", "The sender"),
            ("smtp.relay.example:587", "The relay"), ("ada", "user"), ("", "password (not shown)"),
            ("ada", "a user but no password"), ("top-secret", "password (not shown)"),
            ("help@shop.example", "The address for help"),
        ):  # fmt: skip
            terminal.until(wait_for)
            terminal.until("> ")
            terminal.type(answer)
        terminal.until("letterkey check")
        assert terminal.end() == 0
        assert "top-secret" not in terminal.seen
    assert "ada:top-secret@" in (tmp_path / FILE).read_text()


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    with at_terminal(tmp_path) as terminal:
        for answer in ("Ada", "https://shop.example"):
            terminal.until("> ")
            terminal.type(answer)
        terminal.until("The sender")
        terminal.until("> ")
        assert terminal.interrupt() == 130
    assert os.listdir(tmp_path) == []


def test_each_line_of_the_file_that_is_switched_off_is_a_setting(tmp_path: Path) -> None:
    """What the merchant will uncomment works as it stands."""
    text = settings_text(Answers("Ada", "https://shop.example", "a@shop.example", "smtp://127.0.0.1", "h@shop.example"))
    on = re.sub(r"^#(?=\[?[a-z_0-9.]+(?: =|\]))", "", text, flags=re.MULTILINE)
    on = on.replace('style = "none"', 'style = "invoice"')
    file = tmp_path / FILE
    file.write_text(on)
    settings = load_settings(file, {})
    assert settings.problems_for_run() == []
    assert len(re.findall(r"^[a-z_0-9.]+ = ", on, re.MULTILINE)) >= 18


def test_five_settings_are_mandatory() -> None:
    text = shipped.path("data", "first-settings.toml").read_text(encoding="utf-8")
    assert len(re.findall(r"^\w+ = \$", text, re.MULTILINE)) == 5
    tomllib.loads(re.sub(r"\$\w+", '""', text))

"""Asking a person, or a script: each answer is read at once, and told again what is wrong with it.

Rules: a wrong answer is asked again only of a person: a script hears of it and ends. A secret is never shown.
"""

import getpass
import sys
from dataclasses import dataclass

from worker.commands.opening import AskedWrongly
from worker.commands.questions import Question
from worker.commands.terminal import complain, say


class NotAnswered(AskedWrongly):
    """There was nobody to answer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How the answers of `command` are had: at a terminal, line by line from standard input, or not at all."""

    command: str
    typed: bool

    @property
    def person(self) -> bool:
        return self.typed and sys.stdin.isatty()

    def answer(self, question: Question, given: str | None) -> str:
        """What was given, else what is answered, as the setting spells it. Raises AskedWrongly."""
        if given is not None:
            return self._read(question, given)
        if self.person:
            say(f"\n{question.title}\n{question.about}")
        while True:
            line = self.line(f"  (like {question.example}) > ", question.title)
            try:
                return question.read(line)
            except ValueError as error:
                self.wrong(question, error)

    def _read(self, question: Question, answer: str) -> str:
        try:
            return question.read(answer)
        except ValueError as error:
            raise AskedWrongly(f"{question.title} {error}") from None

    def wrong(self, question: Question, error: ValueError) -> None:
        """Tell a person, who is asked again; end for a script. Raises AskedWrongly."""
        if not self.person:
            raise AskedWrongly(f"{question.title} {error}") from None
        complain(f"  This {error}.")

    def line(self, prompt: str, title: str, *, secret: bool = False) -> str:
        """One line. Raises AskedWrongly where there is none."""
        if not self.typed:
            raise NotAnswered(f"{title} is missing; letterkey {self.command} --help shows how to give it")
        try:
            if not self.person:
                return _next_line()
            return getpass.getpass(prompt) if secret else input(prompt)
        except EOFError:
            raise NotAnswered(f"{title} was not answered, so nothing was written") from None


def _next_line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()

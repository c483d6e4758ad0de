"""Letters in a file, one JSON object a line: what the product composed is what the floor sends."""

import json
from collections.abc import Iterable
from pathlib import Path

from worker.exit.letters import Letter


def save(letters: Iterable[Letter], file: Path) -> None:
    with file.open("w", encoding="ascii") as out:
        for letter in letters:
            out.write(json.dumps([letter.sender, letter.recipient, letter.raw.decode("ascii")]) + "\n")


def load(file: Path) -> list[Letter]:
    with file.open(encoding="ascii") as lines:
        return [Letter(sender, recipient, raw.encode("ascii")) for sender, recipient, raw in map(json.loads, lines)]

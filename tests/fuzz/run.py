"""`make fuzz`: lets atheris look for bytes that break a target's promise, starting from the golden mails.

`python tests/fuzz/run.py [--seconds N] [TARGET …]`. What it finds lies in `.fuzz/<target>/`; make it a golden mail or
a test.
"""

import argparse
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

FOUND = Path(".fuzz")
LONGEST = 32 * 1024
_PROGRAM = """
import sys, atheris
with atheris.instrument_imports(include=["worker"]):
    from fuzz.targets import TARGETS
target = TARGETS[sys.argv.pop(1)]
atheris.Setup(sys.argv, target)
atheris.Fuzz()
"""


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=int, default=60)
    asked.add_argument("targets", nargs="*")
    options = asked.parse_args()
    if find_spec("atheris") is None:
        print("atheris has no release for this Python; fuzz with 3.11, 3.12 or 3.13", file=sys.stderr)
        return 0
    from fuzz.targets import TARGETS

    return max(fuzz(each, options.seconds) for each in options.targets or TARGETS)


def fuzz(target: str, seconds: int) -> int:
    """Fuzz one target; returns its exit code, 0 where nothing was found."""
    corpus = FOUND / target / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for mail in Path("tests/mails").glob("*.eml"):
        if mail.stat().st_size <= LONGEST:
            (corpus / mail.name).write_bytes(mail.read_bytes())
    print(f"{target}: {seconds} s", flush=True)
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={FOUND / target}/",
        "-verbosity=0",
    ]
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM, target, *options, "-print_final_stats=1", str(corpus)], check=False
    )
    print(f"{target}: {'nothing found' if not ran.returncode else f'a fault, see {FOUND / target}'}", flush=True)
    return ran.returncode


if __name__ == "__main__":
    sys.exit(main())

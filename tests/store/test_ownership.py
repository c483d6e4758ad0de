"""One process owns a state directory, its end frees it whatever that end was, and the next one knows how it ended."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from worker.store.engine import StoreRefused
from worker.store.ownership import owned

HOLD = """
import sys
from pathlib import Path
from worker.store.ownership import owned
with owned(Path(sys.argv[1])) as ended_well:
    print(ended_well, flush=True)
    sys.stdin.read()
"""


def test_a_new_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state"
    with owned(state) as ended_well:
        assert ended_well
        assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_a_second_owner_is_refused_and_disturbs_nothing(tmp_path: Path) -> None:
    with owned(tmp_path):
        for _ in range(2):
            with pytest.raises(StoreRefused, match=r"another `letterkey run` works in .*state_dir"), owned(tmp_path):
                raise AssertionError("owned twice")
    with owned(tmp_path) as ended_well:
        assert ended_well


def test_who_failed_did_not_end_well(tmp_path: Path) -> None:
    with pytest.raises(LookupError), owned(tmp_path):
        raise LookupError
    for well in (False, True):
        with owned(tmp_path) as ended_well:
            assert ended_well is well


@pytest.mark.parametrize("killed", [False, True])
def test_the_end_of_a_process_frees_its_directory(tmp_path: Path, killed: bool) -> None:
    root = Path(__file__).parents[2]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        with pytest.raises(StoreRefused), owned(tmp_path):
            raise AssertionError("owned twice")
        if killed:
            holder.kill()
        else:
            holder.communicate(b"")
    with owned(tmp_path) as ended_well:
        assert ended_well is not killed

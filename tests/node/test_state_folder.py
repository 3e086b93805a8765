"""One node a folder, with a name that outlives it."""

import subprocess
import sys
from pathlib import Path

import pytest

from lucency.errors import ConfigError
from lucency.node.state_folder import StateFolder


def test_the_name_is_made_once(tmp_path: Path) -> None:
    assert StateFolder(tmp_path / "a").node == StateFolder(tmp_path / "a").node
    assert StateFolder(tmp_path / "a").node != StateFolder(tmp_path / "b").node


def test_others_cannot_look_into_it(tmp_path: Path) -> None:
    assert StateFolder(tmp_path / "a").path.stat().st_mode & 0o077 == 0


def test_a_second_node_is_refused_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import sys, time; from lucency.node.state_folder import StateFolder\n"
        f"with StateFolder({str(tmp_path)!r}).locked(): print('locked', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(ConfigError, match="another node runs"), StateFolder(tmp_path).locked():
            pass
        other.kill()
        other.wait()
    with StateFolder(tmp_path).locked():
        pass

"""A place for Ray's own files that goes with the tests."""

import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def ray_folder():
    """A short path, for Ray puts sockets there; nothing of a user's own Ray is seen."""
    pytest.importorskip("ray")
    folder = tempfile.mkdtemp(prefix="ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", folder)
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))  # `scale.chunk_functions`, in workers
        patch.setenv("RAY_AUTH_TOKEN", "0" * 64)  # else Ray writes one into the home folder
        patch.delenv("RAY_ADDRESS", raising=False)
        yield folder
    shutil.rmtree(folder, ignore_errors=True)

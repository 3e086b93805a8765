"""A tiny package, and copies of it that nobody may write to."""

import shutil
from pathlib import Path

import pytest

from hosts.packaged import RUN, config_files, run_elsewhere, tiny_package
from support import as_arguments


@pytest.fixture(scope="session")
def package():
    return tiny_package()


@pytest.fixture
def read_only(package, tmp_path) -> Path:
    """A copy of the packaged bundle of which no file or folder can be written."""
    copy = tmp_path / "elsewhere" / package.folder.name
    shutil.copytree(package.folder, copy)
    paths = [copy, *copy.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield copy
    for path in paths:
        path.chmod(0o755)


@pytest.fixture
def hostile(tmp_path) -> Path:
    """A working directory with a package `scripts` that must not be imported."""
    folder = tmp_path / "hostile"
    (folder / "scripts").mkdir(parents=True)
    (folder / "scripts" / "__init__.py").write_text("raise SystemExit('the scripts of the working directory ran')\n")
    return folder


@pytest.fixture
def run(package, read_only, hostile):
    """Run a workflow of the read-only copy from the hostile folder."""

    def start(names, options, launcher=()):
        before = sorted(path.relative_to(read_only) for path in read_only.rglob("*"))
        places = as_arguments({"bundle_root": read_only, **options})
        done = run_elsewhere(package, hostile, *launcher, *RUN, *config_files(read_only, names), *places)
        assert done.returncode == 0, done.stderr[-3000:]
        assert sorted(path.relative_to(read_only) for path in read_only.rglob("*")) == before
        assert [path.name for path in hostile.iterdir()] == ["scripts"]
        return done

    return start

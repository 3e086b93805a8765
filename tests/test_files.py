import os
import resource
import stat

import pytest

from lucency.errors import LucencyError
from lucency.files import first_few, write_atomically


def test_write_makes_parents_and_replaces(tmp_path):
    path = write_atomically(tmp_path / "a" / "b.bin", b"one")
    assert write_atomically(path, b"two").read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["b.bin"]


def test_written_file_is_as_readable_as_any_other(tmp_path):
    (tmp_path / "plain").write_text("x")
    written = write_atomically(tmp_path / "written", "x")
    assert stat.S_IMODE(os.stat(written).st_mode) == stat.S_IMODE(os.stat(tmp_path / "plain").st_mode)


def test_full_disk_leaves_the_former_file_whole(tmp_path):
    path = write_atomically(tmp_path / "model.pt", b"former")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(LucencyError, match=r"model\.pt: cannot be written \(File too large\)"):
            write_atomically(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"former"
    assert [p.name for p in tmp_path.iterdir()] == ["model.pt"]


def test_the_longest_name_there_can_be(tmp_path):
    assert write_atomically(tmp_path / ("ü" * 126 + "abc"), "x").read_text() == "x"


def test_unusable_folder_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LucencyError, match="cannot be written"):
        write_atomically(tmp_path / "file" / "below.txt", "x")


def test_first_few_counts_the_rest():
    assert first_few([1, 2]) == "1, 2"
    assert first_few([1, 2, 3, 4], limit=2) == "1, 2 and 2 more"

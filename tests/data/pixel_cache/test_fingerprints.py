"""Keys of files, and rows found by them."""

import os
import shutil
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lucency.data.pixel_cache import file_keys
from lucency.data.pixel_cache.key_index import KeyIndex

HALVES = st.integers(0, 3) | st.integers(0, 2**64 - 1)
KEYS = st.tuples(HALVES, HALVES)


@given(st.lists(KEYS, unique=True), st.lists(KEYS))
def test_rows_are_found_also_where_keys_share_a_half(
    known: list[tuple[int, int]], asked: list[tuple[int, int]]
) -> None:
    index = KeyIndex(np.array(known, np.uint64).reshape(-1, 2))
    rows = {key: row for row, key in enumerate(known)}
    expected = [rows.get(key, -1) for key in [*asked, *known]]
    assert index.find(np.array([*asked, *known], np.uint64).reshape(-1, 2)).tolist() == expected


def test_path_size_and_time_make_the_key(files: list[str], monkeypatch) -> None:
    keys, there = file_keys(files)
    assert there.all()
    assert len(np.unique(keys, axis=0)) == len(files)
    assert (file_keys(files)[0] == keys).all()
    monkeypatch.chdir(Path(files[0]).parent)
    assert (file_keys([Path(files[0]).name])[0] == keys[0]).all()

    status = os.stat(files[0])
    os.utime(files[0], ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert (file_keys(files)[0] != keys).any(axis=1).tolist() == [True, False, False, False, False]


def test_content_alone_makes_the_key_if_asked_for(files: list[str], tmp_path: Path) -> None:
    before = file_keys(files, "sha256")[0]
    moved = shutil.copyfile(files[0], tmp_path / "copy.png")
    assert (file_keys([str(moved)], "sha256")[0] == before[0]).all()

    content, status = Path(files[0]).read_bytes(), os.stat(files[0])
    Path(files[0]).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(files[0], ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (file_keys(files[:1], "sha256")[0] != before[0]).any()


def test_a_name_that_is_no_text_has_a_key(tmp_path: Path) -> None:
    name = os.path.join(os.fsencode(tmp_path), b"\xff.png")
    with open(name, "wb"):
        keys, there = file_keys([os.fsdecode(name)])
    assert there.all()
    assert keys.any()

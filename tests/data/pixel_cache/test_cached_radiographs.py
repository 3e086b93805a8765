"""Records with their images, one by one, in batches, and on several ranks."""

import json
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

from lucency.data.pixel_cache import BatchLoader, CachedRadiographs, build_rows
from lucency.data.pixel_cache.record_columns import RecordColumns
from lucency.errors import LucencyError, TableError
from references.pixel_caches import SETTINGS


@pytest.fixture
def records(files: list[str]) -> list[dict[str, Any]]:
    """What `load_records` makes of a table."""
    labels = np.array([[1, 0], [np.nan, 0.5], [0, 0], [1, 1], [0, np.nan]], np.float32)
    return [
        {"index": 4 - n, "image": file, "file": file, "patient": f"p{n}", "age": n / 2, "label": labels[n]}
        for n, file in enumerate(files)
    ]


@pytest.fixture
def radiographs(records: list[dict[str, Any]], tmp_path: Path) -> CachedRadiographs:
    return CachedRadiographs(records, tmp_path / "cache", spatial_size=8, workers=1, progress=False)


def test_a_batch_is_what_collating_single_records_gives(radiographs: CachedRadiographs) -> None:
    places = [3, 0, 3, 4]
    batch = radiographs.batch(places)
    expected = default_collate([radiographs[place] for place in places])
    assert batch.keys() == expected.keys()
    for name in ("index", "age", "label"):
        assert batch[name].dtype == expected[name].dtype
        torch.testing.assert_close(batch[name], expected[name], rtol=0, atol=0, equal_nan=True)
    assert (batch["file"], batch["patient"]) == (expected["file"], expected["patient"])
    torch.testing.assert_close(batch["image"].float() / radiographs.levels, expected["image"], rtol=0, atol=0)


def test_memory_is_used_again_only_when_nobody_holds_it(radiographs: CachedRadiographs) -> None:
    whole, part = radiographs.batch([0, 1])["image"], radiographs.batch([2, 3])["image"][1:]
    expected = [whole.clone(), part.clone()]
    others = [radiographs.batch([4, n % 4])["image"] for n in range(20)]
    assert all(torch.equal(*pair) for pair in zip([whole, part], expected, strict=True))
    assert len({image.data_ptr() for image in (whole, *others)}) == 21
    place = radiographs.batch([1, 2])["image"].data_ptr()  # nobody keeps it
    assert radiographs.batch([3, 4])["image"].data_ptr() == place


@pytest.mark.parametrize("depth", [8, 16])
def test_pixels_are_the_rows_of_the_files(
    records: list[dict[str, Any]], files: list[str], tmp_path: Path, depth: int
) -> None:
    radiographs = CachedRadiographs(records, tmp_path, spatial_size=8, depth=depth, workers=1, progress=False)
    expected, _ = build_rows(files, radiographs.cache.settings)
    image = radiographs.batch(range(5))["image"]
    assert image.dtype == (torch.uint8 if depth == 8 else torch.uint16)
    np.testing.assert_array_equal(image.numpy(), expected)
    single = radiographs[2]["image"]
    assert (single.dtype, single.min(), single.max()) == (torch.float32, 0, 1)


def test_it_is_a_sequence_that_can_be_sent_away(radiographs: CachedRadiographs, records: list[dict[str, Any]]) -> None:
    assert radiographs.data is records
    assert len(radiographs) == 5
    assert radiographs[-1]["patient"] == "p4"
    with pytest.raises(IndexError):
        radiographs[5]
    other = pickle.loads(pickle.dumps(radiographs))
    torch.testing.assert_close(other.batch([1])["image"], radiographs.batch([1])["image"])


def test_a_batch_is_the_callers_own(radiographs: CachedRadiographs) -> None:
    batches = list(BatchLoader(radiographs, 2))
    batches[0]["label"].fill_(7)
    batches[0]["image"].fill_(7)
    again = list(BatchLoader(radiographs, 2))
    assert again[0]["label"].tolist() != batches[0]["label"].tolist()
    assert not torch.equal(again[0]["image"], batches[0]["image"])
    assert torch.equal(again[1]["image"], batches[1]["image"])


def test_a_record_without_a_path_or_with_other_keys_is_named(records: list[dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"record 1 has None under 'image'"):
        CachedRadiographs([records[0], {"file": "a"}], tmp_path, spatial_size=8, progress=False)
    del records[3]["age"]
    with pytest.raises(TableError, match="record 3 has no 'age'"):
        CachedRadiographs(records, tmp_path, spatial_size=8, progress=False)


def test_an_unreadable_image_is_named(records: list[dict[str, Any]], tmp_path: Path) -> None:
    Path(records[2]["image"]).write_text("no image")
    with pytest.raises(LucencyError, match=r"1 of 5 images cannot be read.*2.png: is neither"):
        CachedRadiographs(records, tmp_path / "cache", spatial_size=8, workers=1, progress=False)


def test_entries_of_every_kind_come_as_torch_collates_them() -> None:
    records = [
        {"flag": n > 0, "count": np.int32(n), "share": np.float32(n), "table": np.eye(2) * n, "note": None, "ids": [n]}
        for n in range(3)
    ]
    batch = RecordColumns(records).take(np.array([2, 1]))
    assert {name: entry.dtype for name, entry in batch.items() if isinstance(entry, torch.Tensor)} == {
        "flag": torch.bool,
        "count": torch.int64,
        "share": torch.float64,
        "table": torch.float32,
    }
    assert batch["table"].shape == (2, 2, 2)
    assert (batch["note"], batch["ids"]) == ([None, None], [[2], [1]])
    ragged = RecordColumns([{"box": np.zeros(2)}, {"box": np.zeros(3)}]).take(np.array([1]))
    assert ragged["box"][0].shape == (3,)
    assert RecordColumns([]).take(np.array([], np.int64)) == {}


RANK = """
import json, sys
import torch.distributed as dist
from lucency.data.pixel_cache import BatchLoader, CachedRadiographs
dist.init_process_group("gloo")
records = [{"image": file, "place": place} for place, file in enumerate(sys.argv[2:])]
radiographs = CachedRadiographs(records, sys.argv[1], spatial_size=8, workers=1, progress=False)
loaders = {"ordered": BatchLoader(radiographs, 2), "shuffled": BatchLoader(radiographs, 2, shuffle=True, seed=1)}
said = {name: [batch["place"].tolist() for batch in loader] for name, loader in loaders.items()}
print(json.dumps({**said, "lengths": [len(loader) for loader in loaders.values()], "rows": len(radiographs.cache)}))
dist.destroy_process_group()
"""


def test_ranks_build_one_cache_and_share_the_images(files: list[str], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", RANK, str(tmp_path / "cache"), *files],
            env={**os.environ, **common, "RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    said = [json.loads(rank.communicate(timeout=120)[0].splitlines()[-1]) for rank in ranks]
    assert [each["rows"] for each in said] == [5, 5]
    assert [each["ordered"] for each in said] == [[[0, 1], [2]], [[3], [4]]]
    assert [each["lengths"] for each in said] == [[2, 1], [2, 1]]
    shuffled = [place for each in said for batch in each["shuffled"] for place in batch]
    assert len(set(shuffled)) == len(shuffled) == 4
    assert (tmp_path / "cache" / SETTINGS.name / "pixels.bin").stat().st_size == 5 * 64

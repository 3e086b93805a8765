import hashlib
import importlib
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lucency.data.assembling import assemble, image_hashes
from lucency.data.assembling.image_hashes import _HEAD
from lucency.data.importers import Source, SourceSettings


def written(folder: Path, contents: dict[str, bytes]) -> list[str]:
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in contents]


def partners(hashes: list[str]) -> list[set[int]]:
    """Of each file, which files have its hash."""
    return [
        {other for other, text in enumerate(hashes) if text == hashes[at]} if hashes[at] else {at}
        for at in range(len(hashes))
    ]


@pytest.mark.parametrize("workers", [1, 3])
def test_bytes_are_equal_exactly_where_whole_files_are(tmp_path, workers):
    draw = random.Random(0)
    heads = [draw.randbytes(_HEAD), draw.randbytes(_HEAD)]
    tails = [b"", b"one", b"two", b"long"]
    kinds = [head + tail for head in heads for tail in tails] + [b"a", b"b", b"ab"]
    contents = {f"{number}.png": draw.choice(kinds) for number in range(100)}
    hashes, unreadable = image_hashes(written(tmp_path, contents), "bytes", workers)
    digests = [hashlib.sha256(content).hexdigest() for content in contents.values()]
    assert partners(hashes) == partners(digests)
    assert not unreadable


def test_a_file_without_a_twin_is_not_read_to_its_end(tmp_path, monkeypatch):
    read = []
    module = importlib.import_module("lucency.data.assembling.image_hashes")
    monkeypatch.setattr(module, "sha256_of", lambda path: read.append(path.name) or "same")
    image_hashes(written(tmp_path, {"a": b"one", "b": b"two", "c": b"three", "d": b"one"}), "bytes")
    assert sorted(read) == ["a", "d"]


def test_what_cannot_be_read_is_told_and_is_nobodys_copy(tmp_path):
    files = [*written(tmp_path, {"a.png": b"", "b.png": b"", "c.png": b"x"}), str(tmp_path / "absent.png")]
    hashes, unreadable = image_hashes(files, "bytes")
    assert hashes == [""] * 4
    assert {Path(file).name: reason for file, reason in unreadable.items()} == {
        "a.png": "is empty",
        "b.png": "is empty",
        "absent.png": "No such file or directory",
    }
    assert image_hashes(files, "none") == ([""] * 4, {})


def test_pixels_meet_where_grey_values_and_shape_are_equal(tmp_path):
    grey = np.random.default_rng(0).integers(0, 256, (8, 9)).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "a.png")
    Image.fromarray(grey).save(tmp_path / "b.png", compress_level=0)
    Image.fromarray(grey.reshape(9, 8)).save(tmp_path / "reshaped.png")
    Image.fromarray(grey[::-1]).save(tmp_path / "flipped.png")
    Image.fromarray(np.full_like(grey, 7)).save(tmp_path / "empty.png")
    files = [str(tmp_path / f"{name}.png") for name in ("a", "b", "reshaped", "flipped", "empty")]
    hashes, unreadable = image_hashes(files, "pixels")
    assert partners(hashes) == [{0, 1}, {0, 1}, {2}, {3}, {4}]
    assert [Path(file).name for file in unreadable] == ["empty.png"]
    assert str(tmp_path) not in unreadable[files[-1]]


@pytest.mark.slow
def test_processes_find_the_same_pixels(tmp_path):
    for number in range(80):
        grey = np.full((4, 5), number // 2, np.uint8)
        grey[0, 0] = 255
        Image.fromarray(grey).save(tmp_path / f"{number}.png", compress_level=number % 2)
    files = [str(tmp_path / f"{number}.png") for number in range(80)]
    hashes, unreadable = image_hashes(files, "pixels", workers=2)
    assert not unreadable
    assert partners(hashes) == [{number - number % 2, number - number % 2 + 1} for number in range(80)]


def test_one_chest_in_every_lossless_encoding_is_one_image(real_data):
    folder = real_data / "dicom_corpus" / "metamorphic_CR-MONO1-10"
    names = ["00_base_explicit_le", "01_rle", "02_jpegls", "03_j2k_lossless", "04_deflated", "05_implicit_le"]
    hashes, unreadable = image_hashes([str(folder / f"{name}.dcm") for name in names], "pixels")
    assert not unreadable
    assert len(set(hashes)) == 1
    assert hashes[0]


def test_files_of_two_folders_become_one_row_with_the_path_from_the_table(tmp_path):
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    written(tmp_path / "one", {"a.png": b"same", "b.png": b"alone"})
    written(tmp_path / "other", {"x.png": b"same", "y.png": b""})
    tables = []
    for name, images, finding in (("one", ["a.png", "b.png"], "edema"), ("other", ["x.png", "y.png"], "mass")):
        about = {"image": images, "patient": images, "study": "", "view": "", "age": np.nan, "sex": "", "source": name}
        frame = pd.DataFrame(about | {finding: "positive"})
        tables.append(Source(importer="table", frame=frame, images=tmp_path / name, settings=SourceSettings()))
    assembly = assemble(tables, folder=tmp_path / "one")
    assert assembly.frame[["image", "source"]].values.tolist() == [
        ["a.png", "one+other"],
        ["b.png", "one"],
        ["../other/y.png", "other"],
    ]
    assert assembly.frame["patient"].tolist() == ["one:a.png", "one:b.png", "other:y.png"]
    assert assembly.figures.duplicates == {"file": 0, "bytes": 1, "name": 0}
    assert assembly.notes[0] == "image files that could not be compared with others (1): ../other/y.png (is empty)"


def test_the_same_file_in_two_tables_is_one_image_however_it_is_written(tmp_path):
    (tmp_path / "images").mkdir()
    written(tmp_path / "images", {"a.png": b"a"})
    spellings = ["images/a.png", "images/../images//a.png", str(tmp_path / "images" / "a.png")]
    tables = []
    for number, (image, finding) in enumerate(zip(spellings, ("edema", "mass", "nodule"), strict=True)):
        about = {
            "image": [image],
            "patient": "1",
            "study": "",
            "view": "",
            "age": np.nan,
            "sex": "",
            "source": f"s{number}",
        }
        frame = pd.DataFrame(about | {finding: "positive"})
        tables.append(Source(importer="table", frame=frame, images=tmp_path, settings=SourceSettings()))
    frame = assemble(tables, folder=tmp_path / "tables", hash="none").frame
    assert frame[["image", "source"]].values.tolist() == [["../images/a.png", "s0+s1+s2"]]


def test_a_file_that_is_there_is_preferred_to_one_that_is_not(tmp_path):
    (tmp_path / "files").mkdir()
    written(tmp_path / "files", {"1.png": b"1"})
    tables = []
    for name, folder, finding in (("a", "absent", "edema"), ("b", "files", "mass")):
        about = {"image": ["1.png"], "patient": "1", "study": "", "view": "", "age": np.nan, "sex": "", "source": name}
        settings = SourceSettings(patients="hospital")
        frame = pd.DataFrame(about | {finding: "positive"})
        tables.append(Source(importer="table", frame=frame, images=tmp_path / folder, settings=settings))
    assembly = assemble(tables, folder=tmp_path)
    assert assembly.frame[["image", "source"]].values.tolist() == [["files/1.png", "a+b"]]
    assert "absent/1.png (No such file or directory)" in assembly.notes[0]

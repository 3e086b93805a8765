"""Writing whole data sets."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pydicom import dcmread

from lucency.data import read_study_table
from lucency.data.phantom import draw, generator, render, write_phantom
from lucency.data.phantom.nih_counts import FINDINGS
from lucency.errors import ConfigError
from references.display import reference_display

Write = Callable[..., Path]


@pytest.fixture
def write() -> Write:
    def _write(folder: Path, **settings: object) -> Path:
        return write_phantom(folder, **{"images": 6, "size": 48, "workers": 1, "progress": False, **settings})

    return _write


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_files_do_not_depend_on_the_number_of_workers(write: Write, tmp_path: Path) -> None:
    write(tmp_path / "one", workers=1)
    write(tmp_path / "two", workers=2)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_a_deleted_image_is_drawn_again_and_the_others_are_left(write: Write, tmp_path: Path) -> None:
    write(tmp_path)
    before = content(tmp_path)
    first, second, *_ = sorted((tmp_path / "images").iterdir())
    kept = second.stat().st_mtime_ns
    first.unlink()
    write(tmp_path)
    assert content(tmp_path) == before
    assert second.stat().st_mtime_ns == kept


def test_an_interrupted_run_goes_on_where_it_stopped(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []

    def interrupted(case: object, size: int) -> object:
        if len(drawn) == 3:
            raise KeyboardInterrupt
        drawn.append(case)
        return draw(case, size)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(generator, "draw", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / "broken")
    assert len(list((tmp_path / "broken" / "images").iterdir())) == 3
    assert not (tmp_path / "broken" / "table.csv").exists()
    write(tmp_path / "broken")
    write(tmp_path / "whole")
    assert content(tmp_path / "broken") == content(tmp_path / "whole")


@pytest.mark.parametrize(
    ("other", "said"),
    [({"seed": 1}, "seed=0, not 1"), ({"size": 64}, "size=48, not 64"), ({"images": 3}, "images=6, not 3")],
)
def test_other_settings_in_the_same_folder_are_one_clear_error(
    write: Write, tmp_path: Path, other: dict[str, int], said: str
) -> None:
    write(tmp_path)
    before = content(tmp_path)
    with pytest.raises(ConfigError, match=f"phantom.json: the folder holds a phantom with {said}") as error:
        write(tmp_path, **other)
    assert "\n" not in str(error.value)
    assert content(tmp_path) == before


def test_more_images_are_added_to_those_there(write: Write, tmp_path: Path) -> None:
    write(tmp_path / "grown", images=4)
    write(tmp_path / "grown", images=7)
    write(tmp_path / "whole", images=7)
    assert content(tmp_path / "grown") == content(tmp_path / "whole")


def test_a_settings_file_of_something_else_is_named(write: Write, tmp_path: Path) -> None:
    (tmp_path / "phantom.json").write_text('{"colour": "red"}')
    with pytest.raises(ConfigError, match="is not a phantom's settings file"):
        write(tmp_path)


@pytest.mark.parametrize("wrong", [{"images": 0}, {"size": 8}, {"seed": -1}, {"format": "jpeg"}, {"workers": 0}])
def test_impossible_settings_are_refused_before_anything_is_written(
    write: Write, tmp_path: Path, wrong: dict[str, object]
) -> None:
    with pytest.raises(ConfigError):
        write(tmp_path / "x", **wrong)
    assert not (tmp_path / "x").exists()


def test_dicom_files_show_the_drawn_images(write: Write, tmp_path: Path) -> None:
    table = read_study_table(write(tmp_path, images=8))
    for index, file in enumerate(table["image"]):
        dataset = dcmread(tmp_path / file)
        assert np.abs(reference_display(dataset) - render(index, 0, 48)[0]).max() <= 1 / 255
        assert dataset.PatientID == table["patient"][index]
        assert dataset.StudyInstanceUID == table["study"][index]
        assert dataset.ViewPosition == table["view"][index]


def test_png_files_are_eight_bit_grey(write: Write, tmp_path: Path) -> None:
    table = read_study_table(write(tmp_path, format="png"))
    for index, file in enumerate(table["image"]):
        with Image.open(tmp_path / file) as image:
            assert image.mode == "L"
            assert (np.asarray(image) == np.rint(render(index, 0, 48)[0] * 255)).all()


def test_tables_are_study_tables_with_the_same_split(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "_write_image", lambda task: None)  # tables do not look at the images
    write(tmp_path, images=1000)
    table, truth = (read_study_table(tmp_path / name, check_files=False) for name in ("table.csv", "truth.csv"))
    shared = ["image", "patient", "study", "view", "age", "sex", "source", "split"]
    pd.testing.assert_frame_equal(table[shared], truth[shared])
    assert table.columns.tolist() == [*shared, *FINDINGS, "no_finding"]
    assert set(table["source"]) == {"phantom"}
    assert table.groupby("patient")["split"].nunique().max() == 1
    shares = table["split"].value_counts(normalize=True)
    for name, share in {"train": 0.7, "val": 0.1, "test": 0.2}.items():
        assert shares[name] == pytest.approx(share, abs=0.04)
    for name in FINDINGS:
        positive = truth[name] == "positive"
        assert ((truth[f"severity_{name}"].astype(float) > 0) == positive).all()
        assert set(truth[name]) == {"positive", "negative"}
        assert not ((table[name] == "positive") & ~positive).any()
        assert not ((table[name] == "negative") & positive).any()
        assert positive[truth["split"] == "test"].sum() >= 5


def test_few_patients_are_all_for_training(write: Write, tmp_path: Path) -> None:
    assert set(read_study_table(write(tmp_path, images=4))["split"]) == {"train"}


def test_settings_are_recorded(write: Write, tmp_path: Path) -> None:
    write(tmp_path, images=2, seed=5, prevalence="nih")
    settings = json.loads((tmp_path / "phantom.json").read_text())
    assert settings == {
        "images": 2,
        "size": 48,
        "seed": 5,
        "format": "dicom",
        "prevalence": "nih",
        "version": generator.VERSION,
    }

"""Rows against the long road, and files that are none."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lucency.data.phantom import write_phantom
from lucency.data.pixel_cache import PixelSettings, build_rows
from lucency.errors import ConfigError
from references.pixel_rows import reference_row


@pytest.fixture(scope="module")
def radiographs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Phantoms in many encodings, and images of unequal sides, one smaller than a row."""
    folder = tmp_path_factory.mktemp("radiographs")
    table = write_phantom(folder, images=8, size=48, workers=1, progress=False)
    for number, shape in enumerate([(90, 61), (37, 80), (10, 14)]):
        pixels = np.random.default_rng(number).integers(20, 200, shape, dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return [*map(str, sorted((table.parent / "images").iterdir())), *(str(folder / f"{n}.png") for n in range(3))]


@pytest.mark.parametrize(
    "settings",
    [
        PixelSettings(24),
        PixelSettings(23, fit="crop"),
        PixelSettings(24, depth=16),
        PixelSettings(17, stretch=False),
        PixelSettings(19, fit="crop", depth=16, stretch=False),
    ],
)
def test_rows_are_those_of_the_long_road_within_one_level(radiographs: list[str], settings: PixelSettings) -> None:
    rows, reasons = build_rows(radiographs, settings)
    expected = np.stack([reference_row(file, settings) for file in radiographs])[:, None]
    assert (rows.shape, rows.dtype, reasons) == (expected.shape, settings.dtype, {})
    assert np.abs(rows.astype(np.int64) - expected).max() <= 1
    assert np.mean(rows == expected) > 0.99


def test_a_stretched_image_uses_all_levels_before_it_is_padded(radiographs: list[str]) -> None:
    rows, _ = build_rows(radiographs[-3:], PixelSettings(32, depth=16))
    assert [(row.min(), row.max()) for row in rows] == [(0, 65535)] * 3
    assert (rows[0, 0, :, :5] == 0).all()
    assert (rows[0, 0, :, -5:] == 0).all()


def test_a_reduced_decoding_stays_near_the_exact_one(corpus: Path) -> None:
    files = [str(path) for path in sorted(corpus.rglob("*.dcm")) if "J2K" in path.name or "j2k" in path.name]
    reduced, reasons = build_rows(files, PixelSettings(64, exact=False, stretch=False))
    exact, same = build_rows(files, PixelSettings(64, exact=True, stretch=False))
    assert reasons.keys() == same.keys()
    gap = reduced.astype(float) - exact
    assert np.sqrt(np.mean(gap**2, axis=(1, 2, 3))).max() <= 2


def test_what_cannot_be_read_has_a_reason_and_no_pixels(radiographs: list[str], tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    rows, reasons = build_rows([str(tmp_path / "text.png"), radiographs[0], str(tmp_path / "absent")], PixelSettings(8))
    assert [*reasons] == [0, 2]
    assert "neither DICOM, PNG" in reasons[0]
    assert str(tmp_path) not in reasons[0]
    assert "No such file" in reasons[2]
    assert rows[[0, 2]].max() == 0
    assert rows[1].max() == 255


def test_it_can_be_sent_to_another_process() -> None:
    function, settings = pickle.loads(pickle.dumps((build_rows, PixelSettings(8, depth=16))))
    assert function is build_rows
    assert settings == PixelSettings(8, depth=16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"spatial_size": 0}, "0"),
        ({"spatial_size": 8, "fit": "stretch"}, "stretch"),
        ({"spatial_size": 8, "depth": 12}, "12"),
    ],
)
def test_impossible_settings_are_named(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        PixelSettings(**arguments)


def test_every_setting_has_a_folder_of_its_own() -> None:
    settings = [
        PixelSettings(size, fit, exact, depth, stretch)
        for size in (8, 9)
        for fit in ("pad", "crop")
        for exact in (True, False)
        for depth in (8, 16)
        for stretch in (True, False)
    ]
    assert len({each.name for each in settings}) == len(settings)

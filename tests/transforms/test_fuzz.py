"""Whatever happens to the bytes of a file, it is an image or one RadiographError."""

import random
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image
from pydicom import data

from lucency.transforms import RadiographError, read_radiograph
from references.dicom_files import LOSSLESS, LOSSY, NATIVE, dataset_of, save

MUTATIONS = 60
PIXELS = (np.add.outer(np.arange(70) * 37, np.arange(66) * 11) % 256).astype("u1")
SYNTAXES = {syntax.keyword: syntax for syntax in NATIVE + LOSSLESS + LOSSY}
ATTRIBUTES = {
    "PatientOrientation": ["L", "F"],
    "WindowCenter": [128, 1],
    "WindowWidth": [256, 9],
    "RescaleSlope": 1,
    "RescaleIntercept": 0,
    "PixelPaddingValue": 0,
    "NumberOfFrames": 1,
}


def write(path, kind):
    if kind in SYNTAXES:
        save(dataset_of(PIXELS, 8, **ATTRIBUTES), path, SYNTAXES[kind])
    elif kind == "NIfTI":
        path.write_bytes(nibabel.Nifti1Image(PIXELS.T, np.eye(4)).to_bytes())
    else:
        Image.fromarray(PIXELS).save(path, format=kind)


def mutated(content, chance):
    """Overwrite a few bytes, mostly near the start where headers are, and now and then cut the end off."""
    damaged = bytearray(content)
    reach = chance.choice((200, 1200, len(damaged)))
    for _ in range(chance.choice((1, 1, 3, 10))):
        damaged[chance.randrange(min(reach, len(damaged)))] = chance.choice((0, 255, chance.randrange(256)))
    if chance.random() < 0.15:
        del damaged[chance.randrange(len(damaged)) :]
    return bytes(damaged)


def assert_image_or_error(path):
    error = None
    try:
        image = read_radiograph(path)
    except RadiographError as caught:
        error = str(caught)
    if error is not None:
        assert error.startswith(f"{path}: ")
        assert "\n" not in error
        return False
    assert image.dtype == np.float32
    assert image.ndim == 2
    assert np.isfinite(image).all()
    assert 0 <= image.min() < image.max() <= 1
    return True


@pytest.mark.parametrize("kind", [*SYNTAXES, "PNG", "JPEG", "NIfTI"])
def test_damaged_bytes(tmp_path, kind):
    path = tmp_path / "a"
    write(path, kind)
    assert assert_image_or_error(path)
    content, chance = path.read_bytes(), random.Random(f"lucency {kind}")
    read = 0
    for _ in range(MUTATIONS):
        path.write_bytes(mutated(content, chance))
        read += assert_image_or_error(path)
    assert read < MUTATIONS


def test_the_files_that_pydicom_tests_itself_with():
    paths = sorted((Path(data.__file__).parent / "test_files").glob("*.dcm"))
    assert len(paths) > 50
    assert 15 < sum(map(assert_image_or_error, paths)) < len(paths)

"""Windowing and averaging with torch: the definition, DICOM files through the reader, settings that lower precision."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.transforms import Compose, ScaleIntensity, SpatialPad

from lucency.errors import ConfigError
from lucency.transforms import read_radiograph
from lucency.transforms.grey_levels import black_and_white
from lucency.transforms.header import read_header
from lucency.transforms.on_device import display_on_device
from references.area import padded_size, reference_average
from references.dicom_files import dataset_of

DTYPES = {torch.uint8: np.uint8, torch.uint16: np.uint16, torch.int16: np.int16}
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@st.composite
def stored_images(draw):
    """Stored values of a dtype, (B, H, W), and the stored values shown black and white of each image."""
    dtype = draw(st.sampled_from(list(DTYPES.values())))
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 23), st.integers(1, 23)))
    limits = np.iinfo(dtype)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pixels = rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    ends = st.floats(limits.min - 1000, limits.max + 1000, allow_nan=False)
    black = draw(st.lists(ends, min_size=shape[0], max_size=shape[0]))
    width = st.sampled_from([1e-3, 0.5, 1.0, 3.3, 255.0, 4096.0, 70000.0])
    white = [end + draw(width) * draw(st.sampled_from([-1, 1])) for end in black]
    return pixels, black, white


def reference(image, level, size, fit="pad"):
    """Every level on its own, averaged, amid zeros."""
    shown = np.array([[level(int(value)) for value in row] for row in image])
    small = reference_average(shown, padded_size(shown.shape, size) if fit == "pad" else (size, size), fit)
    spare = [size - side for side in small.shape]
    return np.pad(small, [(side // 2, side - side // 2) for side in spare])


def on_a_line(black, white):
    """Level of a stored value, in exact fractions."""
    black, white = Fraction(black), Fraction(white)
    return lambda value: float(min(max((value - black) / (white - black), 0), 1))


@settings(max_examples=150, deadline=None)
@given(stored_images(), st.integers(1, 31), st.sampled_from(["pad", "crop"]), st.sampled_from(DEVICES))
def test_line_equals_the_definition(images, size, fit, device):
    pixels, black, white = images
    on = torch.from_numpy(pixels).to(device)
    result = display_on_device(on, black=black, white=white, spatial_size=size, fit=fit, stretch=False)
    assert (result.shape, result.dtype, result.device.type) == ((len(pixels), 1, size, size), torch.float32, device)
    for image, *ends, small in zip(pixels, black, white, result[:, 0].cpu().numpy(), strict=True):
        expected = reference(image, on_a_line(*ends), size, fit)
        np.testing.assert_allclose(small, expected, rtol=0, atol=1e-5)


@settings(max_examples=50, deadline=None)
@given(stored_images(), st.integers(1, 31), st.booleans())
def test_table_equals_the_definition(images, size, one_each):
    pixels, _, _ = images
    limits = np.iinfo(pixels.dtype)
    shape = (len(pixels), limits.max - limits.min + 1)
    tables = np.random.default_rng(0).random(shape if one_each else shape[1:], dtype=np.float32)
    result = display_on_device(
        torch.from_numpy(pixels), table=torch.from_numpy(tables), spatial_size=size, stretch=False
    )
    for image, table, small in zip(pixels, np.broadcast_to(tables, shape), result[:, 0].numpy(), strict=True):
        expected = reference(image, lambda value, levels=table: float(levels[value - limits.min]), size)
        np.testing.assert_allclose(small, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("dtype", "photometric"), [("u2", "MONOCHROME1"), ("i2", "MONOCHROME2"), ("u1", "MONOCHROME1")]
)
@pytest.mark.parametrize("fit", ["pad", "crop"])
def test_the_same_as_the_reader_and_the_bundles_preprocessing(tmp_path, dtype, photometric, fit):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 200, (75, 61)).astype(dtype)
    dataset = dataset_of(
        pixels, WindowCenter="90.5", WindowWidth="131", RescaleSlope="2", RescaleIntercept="-60",
        PhotometricInterpretation=photometric,
    )  # fmt: skip
    dataset.save_as(tmp_path / "image.dcm", enforce_file_format=True)
    black, white = black_and_white(dataset, read_header(dataset), float(pixels.min()), float(pixels.max()))
    read = read_radiograph(tmp_path / "image.dcm", spatial_size=32, fit=fit, exact=True)
    expected = Compose([ScaleIntensity(), SpatialPad([32, 32])])(torch.from_numpy(read)[None]).as_tensor()
    result = display_on_device(torch.from_numpy(pixels)[None], black=black, white=white, spatial_size=32, fit=fit)
    torch.testing.assert_close(result[0], expected, rtol=0, atol=1e-5)
    assert (result.max(), result.min()) == (1, 0)


def test_more_images_than_are_computed_at_once_give_what_each_gives_alone(monkeypatch):
    pixels = torch.randint(0, 4096, (7, 30, 20), dtype=torch.int16)
    ends = {"black": [float(image) for image in range(7)], "white": [4000.0 - image for image in range(7)]}
    whole = display_on_device(pixels, **ends, spatial_size=8)
    monkeypatch.setattr("lucency.transforms.on_device._PIXELS_AT_ONCE", 1300)  # two images
    torch.testing.assert_close(display_on_device(pixels, **ends, spatial_size=8), whole, rtol=0, atol=1e-6)


def test_no_setting_lowers_the_precision():
    pixels = torch.randint(0, 4096, (2, 64, 64), dtype=torch.int16)
    expected = display_on_device(pixels, black=0, white=4095, spatial_size=10)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            result = display_on_device(pixels, black=0, white=4095, spatial_size=10)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)
    assert result.dtype == torch.float32
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-6)


def test_an_image_of_one_grey_is_black_when_stretched():
    pixels = torch.full((1, 6, 4), 9, dtype=torch.uint8)
    assert not display_on_device(pixels, black=0, white=20, spatial_size=4).any()


PIXELS = torch.zeros(2, 4, 4, dtype=torch.int16)


@pytest.mark.parametrize(
    ("pixels", "arguments", "message"),
    [
        (PIXELS.float(), {"black": 0, "white": 1}, r"pixels are \(2, 4, 4\) torch.float32; give"),
        (PIXELS[0], {"black": 0, "white": 1}, r"pixels are \(4, 4\)"),
        (PIXELS, {"black": 0}, "either both black and white, or a table"),
        (PIXELS, {"black": 0, "white": 1, "table": torch.zeros(65536)}, "either both black and white, or a table"),
        (PIXELS, {"black": [0, 1], "white": 1}, "black and white of image 1 are both 1"),
        (PIXELS, {"black": 0, "white": float("inf")}, "white is inf; give a finite number"),
        (PIXELS, {"black": [0.0], "white": 1}, "or one for each image"),
        (PIXELS, {"table": torch.zeros(256)}, r"table is \(256,\) torch.float32; give float32, 65536 levels"),
        (PIXELS, {"table": torch.zeros(65536).double()}, "give float32"),
        (PIXELS, {"black": 0, "white": 1, "spatial_size": 0}, "spatial_size is 0"),
        (PIXELS, {"black": 0, "white": 1, "fit": "squeeze"}, "fit is 'squeeze'"),
    ],
)
def test_what_cannot_be_shown_is_refused(pixels, arguments, message):
    with pytest.raises(ConfigError, match=message):
        display_on_device(pixels, **{"spatial_size": 2, **arguments})

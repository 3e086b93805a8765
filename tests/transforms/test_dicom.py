"""What a DICOM image displays: against the scalar reference, and against itself written in other ways."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lucency.transforms import RadiographError, display_array
from references.dicom_files import dataset_of, table, wedge
from references.display import is_padding, reference_display

CELLS = {8: ("u1", "i1"), 16: ("u2", "i2"), 32: ("u4", "i4")}


@st.composite
def datasets(draw):
    """Images of any depth, sign, size and valid combination of display attributes."""
    cell = draw(st.sampled_from(sorted(CELLS)))
    kind = draw(st.sampled_from(CELLS[cell]))
    bits = draw(st.integers(2, min(cell, 20)))
    low = -(2 ** (bits - 1)) if kind.startswith("i") else 0
    stored = st.integers(low, low + 2**bits - 1)
    rows, columns = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    pixels = draw(st.lists(stored, min_size=rows * columns, max_size=rows * columns))
    dataset = dataset_of(np.array(pixels, dtype=kind).reshape(rows, columns), bits)
    dataset.PhotometricInterpretation = draw(st.sampled_from(["MONOCHROME1", "MONOCHROME2"]))
    if draw(st.booleans()):
        dataset.RescaleSlope = draw(st.sampled_from([-10, -0.25, 0.5, 1, 2.44]))
        dataset.RescaleIntercept = draw(st.sampled_from([-1024, 0, 3000.5]))
    if draw(st.booleans()):
        dataset.WindowCenter = [round(draw(st.floats(-5000, 70000)), 2), 17]
        dataset.WindowWidth = [round(draw(st.floats(1, 70000)), 2), 18]
        if draw(st.booleans()):
            dataset.VOILUTFunction = draw(st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]))
    if cell < 32 and draw(st.booleans()):
        dataset.add_new("PixelPaddingValue", "SS" if low else "US", draw(stored))
        if draw(st.booleans()):
            dataset.add_new("PixelPaddingRangeLimit", "SS" if low else "US", draw(stored))
    return dataset


@given(datasets())
@settings(max_examples=400, deadline=None)
def test_every_display_equals_the_reference(dataset):
    valid = [not is_padding(dataset, value) for value in dataset.pixel_array.ravel().tolist()]
    try:
        expected = reference_display(dataset)
        contrast = np.ptp(np.float32(expected.ravel()[valid]))
    except (ZeroDivisionError, ValueError):  # one value without a window, or nothing but padding
        contrast = 0
    assume(contrast == 0 or contrast > 1e-12)  # far out in a sigmoid, two ways to write it differ in what is 0
    if contrast == 0:
        with pytest.raises(RadiographError, match=r"alike|padding"):
            display_array(dataset)
        return
    image = display_array(dataset)
    assert image.dtype == np.float32
    assert image.flags.c_contiguous
    np.testing.assert_allclose(image, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_ten_ways_to_write_one_display(photometric):
    """The metamorphic relations of the real corpus, on synthetic pixels."""
    x = wedge(10).astype(np.int64)

    def shown(values, kind="u2", bits=10, **elements):
        return display_array(
            dataset_of(values.astype(kind), bits, **{"PhotometricInterpretation": photometric} | elements)
        )

    base = shown(x, WindowCenter=550, WindowWidth=1024)
    other = {"MONOCHROME1": "MONOCHROME2", "MONOCHROME2": "MONOCHROME1"}[photometric]
    ramp = np.rint(np.clip((np.arange(1024) - 549.5) / 1023 + 0.5, 0, 1) * 65535).astype(int)
    shape = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}[photometric]
    ways = {
        "inverted": shown(1023 - x, PhotometricInterpretation=other, WindowCenter=474, WindowWidth=1024),
        "signed": shown(x - 512, "i2", WindowCenter=550, WindowWidth=1024, RescaleSlope=1, RescaleIntercept=512),
        "slope": shown(x, RescaleSlope=2, RescaleIntercept=-100, WindowCenter=999.5, WindowWidth=2047),
        "two windows": shown(x, WindowCenter=[550, 300], WindowWidth=[1024, 200]),
        "exact": shown(x, WindowCenter=549.5, WindowWidth=1023, VOILUTFunction="LINEAR_EXACT"),
        "voi table": shown(x, VOILUTSequence=table(0, 16, ramp), WindowCenter=1, WindowWidth=1),
        "negative table": shown(x, VOILUTSequence=table(-512, 16, ramp), RescaleSlope=1, RescaleIntercept=-512),
        "modality table": shown(
            x, ModalityLUTSequence=table(0, 16, range(1000, 2024)), WindowCenter=1550, WindowWidth=1024
        ),
        "wide cells": shown(x, "u4", WindowCenter=550, WindowWidth=1024),
        "presentation shape": shown(x, WindowCenter=550, WindowWidth=1024, PresentationLUTShape=shape),
    }
    for name, image in ways.items():
        np.testing.assert_allclose(image, base, rtol=0, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("window", [{}, {"WindowCenter": 550, "WindowWidth": 1024}])
@pytest.mark.parametrize(("value", "limit"), [(0, None), (0, 5), (5, 0), (2000, 2047)])
def test_padding_is_black_and_takes_no_part_in_the_range(photometric, window, value, limit):
    inner = wedge(10) + 6
    pixels = np.full((90, 80), value, dtype="u2")
    pixels[10:80, 5:71] = inner
    padded = dataset_of(pixels, 12, PhotometricInterpretation=photometric, PixelPaddingValue=value, **window)
    if limit is not None:
        padded.PixelPaddingRangeLimit = limit
    image = display_array(padded)
    np.testing.assert_array_equal(
        image[10:80, 5:71], display_array(dataset_of(inner, 12, PhotometricInterpretation=photometric, **window))
    )
    image[10:80, 5:71] = 0
    assert not image.any()


def test_a_padding_value_that_lost_its_sign_is_understood():
    pixels = wedge(10).astype("i2")
    pixels[:3] = -2000
    dataset = dataset_of(pixels, 16)
    dataset.add_new("PixelPaddingValue", "US", 65536 - 2000)
    assert not display_array(dataset)[:3].any()
    np.testing.assert_array_equal(display_array(dataset)[3:], display_array(dataset_of(pixels[3:], 16)))


def test_padding_alone_is_refused():
    dataset = dataset_of(wedge(8), 8, PixelPaddingValue=0, PixelPaddingRangeLimit=255)
    with pytest.raises(RadiographError, match="PixelPaddingValue: every pixel is padding"):
        display_array(dataset)


def test_a_photometric_interpretation_outweighs_a_wrong_presentation_shape():
    for photometric, shape in (("MONOCHROME1", "IDENTITY"), ("MONOCHROME2", "INVERSE")):
        right = dataset_of(wedge(), 12, PhotometricInterpretation=photometric)
        wrong = dataset_of(wedge(), 12, PhotometricInterpretation=photometric, PresentationLUTShape=shape)
        np.testing.assert_array_equal(display_array(wrong), display_array(right))

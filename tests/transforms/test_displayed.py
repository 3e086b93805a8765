"""A small image is the average of the full one, whatever its header says, and reduced decoding changes it little."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom import uid

from lucency.transforms import RadiographError, display_array, read_dataset, read_radiograph, reduced
from lucency.transforms.codestream import Resolutions, read_resolutions
from lucency.transforms.orientation import upright
from references.area import padded_size, reference_average
from references.dicom_files import LOSSLESS, NATIVE, dataset_of, save, table, wedge
from references.display import reference_display

ORIENTATIONS = [None, ["L", "F"], ["R", "F"], ["L", "H"], ["F", "L"], ["H", "R"]]


@st.composite
def headers(draw):
    """Pixels of any depth and sign, with any display."""
    bits = draw(st.integers(2, 16))
    signed = draw(st.booleans())
    shape = draw(st.tuples(st.integers(2, 40), st.integers(2, 40)))
    kind = f"{'i' if signed else 'u'}{1 if bits <= 8 else 2}"
    low = -(2 ** (bits - 1)) if signed else 0
    pixels = np.random.default_rng(draw(st.integers(0, 9))).integers(low, low + 2**bits, shape).astype(kind)
    elements = {"PhotometricInterpretation": draw(st.sampled_from(["MONOCHROME1", "MONOCHROME2"]))}
    if draw(st.booleans()):
        elements |= {
            "RescaleSlope": draw(st.sampled_from([1, 0.25, 3, -2])),
            "RescaleIntercept": draw(st.integers(-9, 9)),
        }
    voi = draw(st.sampled_from(["full range", "LINEAR", "LINEAR_EXACT", "SIGMOID", "table"]))
    if voi == "table":
        first = draw(st.integers(0, 100))
        elements["VOILUTSequence"] = table(first, 12, np.minimum(np.arange(300) ** 2 // 22, 4095))
    elif voi != "full range":
        span = 2.0**bits * abs(elements.get("RescaleSlope", 1))
        elements |= {"WindowCenter": round(draw(st.floats(-0.5, 1)) * span, 2), "VOILUTFunction": voi}
        elements["WindowWidth"] = round(max(1.0, draw(st.floats(0.01, 2)) * span), 2)
    if draw(st.booleans()):
        elements["PixelPaddingValue"] = int(pixels.flat[0])
    if (orientation := draw(st.sampled_from(ORIENTATIONS))) is not None:
        elements["PatientOrientation"] = orientation
    return dataset_of(pixels, bits, **elements)


def outcome(dataset, **size):
    """The image, or why there is none."""
    try:
        return display_array(dataset, **size), None
    except RadiographError as error:
        return None, str(error)


@settings(max_examples=300, deadline=None)
@given(dataset=headers(), size=st.integers(1, 50), fit=st.sampled_from(["pad", "crop"]))
def test_small_is_the_average_of_full(dataset, size, fit):
    small, refused = outcome(dataset, spatial_size=size, fit=fit, exact=True)
    if refused:
        assert outcome(dataset) == (None, refused)
        return
    full = upright(reference_display(dataset), *dataset.get("PatientOrientation", ["", ""]))
    expected = reference_average(full, (size, size) if fit == "crop" else padded_size(full.shape, size), fit)
    assert small.dtype == np.float32
    np.testing.assert_allclose(small, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("syntax", NATIVE + LOSSLESS, ids=lambda syntax: syntax.keyword)
@pytest.mark.parametrize(("bits", "kind"), [(8, "u1"), (12, "u2"), (16, "u2"), (12, "i2"), (16, "i2")])
def test_every_lossless_encoding_gives_the_same_small_image(tmp_path, syntax, bits, kind):
    pixels = (wedge(bits).astype(np.int64) - (2 ** (bits - 1) if kind[0] == "i" else 0)).astype(kind)
    dataset = dataset_of(pixels, bits, WindowCenter=700, WindowWidth=1500)
    expected = reference_average(reference_display(dataset), padded_size(pixels.shape, 16))
    path = save(dataset, tmp_path / "a.dcm", syntax)
    np.testing.assert_allclose(read_radiograph(path, spatial_size=16, exact=True), expected, rtol=0, atol=1e-5)


def test_thirty_two_bits_are_averaged_too():
    pixels = wedge(16).astype("u4") * 60000
    dataset = dataset_of(pixels)
    expected = reference_average(display_array(dataset), padded_size(pixels.shape, 16))
    np.testing.assert_allclose(display_array(dataset, spatial_size=16), expected, rtol=0, atol=1e-5)


def test_overlays_in_unused_bits_are_ignored_in_small_images_too():
    clean, noise = wedge(12), np.random.default_rng(0).integers(0, 16, (70, 66)).astype("u2") << 12
    expected = display_array(dataset_of(clean, 12), spatial_size=16)
    for noisy in (dataset_of(clean | noise, 12), dataset_of((clean << 4) | (noise >> 12), 12, HighBit=15)):
        np.testing.assert_allclose(display_array(noisy, spatial_size=16), expected, rtol=0, atol=1e-6)


def lungs(bits, shape):
    """Smooth shapes with edges and quantum noise, as on a detector: stored values of `bits`."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]] / np.array(shape).reshape(2, 1, 1)
    fields = sum(np.exp(-(((rows - 0.5) / 0.3) ** 4) - ((columns - middle) / 0.14) ** 4) for middle in (0.28, 0.72))
    ribs = 0.08 * (np.sin(40 * rows + 4 * columns) > 0.4)
    mean = 0.15 + 0.6 * fields + ribs
    noise = np.random.default_rng(0).normal(scale=0.01, size=shape)
    return np.rint(np.clip(mean + noise, 0, 1) * (2**bits - 1)).astype("u1" if bits <= 8 else "u2")


@settings(max_examples=20, deadline=None)
@given(
    bits=st.sampled_from([9, 10, 12, 15, 16]),
    shape=st.tuples(st.integers(300, 700), st.integers(300, 700)),
    window=st.sampled_from([None, (0.5, 1.0), (0.45, 0.5), "SIGMOID", "table"]),
    photometric=st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
    fit=st.sampled_from(["pad", "crop"]),
    syntax=st.sampled_from([uid.JPEG2000Lossless, uid.JPEG2000]),
)
def test_reduced_decoding_differs_by_less_than_a_grey_level(
    tmp_path_factory, bits, shape, window, photometric, fit, syntax
):
    pixels = lungs(bits, shape)
    elements = {"PhotometricInterpretation": photometric}
    if window == "table":
        elements["VOILUTSequence"] = table(0, 12, (np.linspace(0, 1, 2 ** min(bits, 15)) ** 0.5 * 4095).astype(int))
    elif window is not None:
        center, width = (0.5, 0.8) if window == "SIGMOID" else window
        elements |= {"WindowCenter": round(center * 2**bits), "WindowWidth": round(width * 2**bits)}
        elements["VOILUTFunction"] = "SIGMOID" if window == "SIGMOID" else "LINEAR"
    path = save(dataset_of(pixels, bits, **elements), tmp_path_factory.mktemp("reduced") / "a.dcm", syntax)
    exact, quick = (read_radiograph(path, spatial_size=64, fit=fit, exact=exact) for exact in (True, False))
    assert not np.array_equal(exact, quick)  # it was decoded at a lower resolution
    assert exact.shape == quick.shape
    if window is None:  # each has its own full range
        exact, quick = ((image - image.min()) / np.ptp(image) for image in (exact, quick))
    inside = (slice(3, -3), slice(3, -3))
    assert np.sqrt(np.mean((exact - quick)[inside] ** 2)) < np.ptp(exact) / 255


@pytest.mark.parametrize(
    "odd",
    [
        {"PixelPaddingValue": 0},
        {"BitsStored": 11, "HighBit": 10},
        {"j2k_levels": 0},
        {"bits": 8},
    ],
)
def test_what_is_odd_is_decoded_whole(tmp_path, monkeypatch, odd):
    bits = odd.get("bits", 12)
    dataset = dataset_of(lungs(bits, (400, 400)), bits)
    path = save(dataset, tmp_path / "a.dcm", uid.JPEG2000Lossless)
    if "j2k_levels" in odd:
        monkeypatch.setattr(reduced, "read_resolutions", lambda codestream: Resolutions(odd["j2k_levels"], True))
    else:
        changed = read_dataset(path)
        for keyword, value in odd.items() if bits == 12 else ():
            changed.add_new(keyword, "US", value)
        changed.save_as(path)
    quick, exact = (read_radiograph(path, spatial_size=32, exact=exact) for exact in (False, True))
    np.testing.assert_array_equal(quick, exact)


def test_tiles_are_decoded_whole():
    """At their edges each tile is continued by its mirror image: several grey levels wrong at a lower resolution."""
    content = BytesIO()
    Image.fromarray(lungs(16, (400, 400))).save(content, "JPEG2000", tile_size=(128, 128), no_jp2=True)
    assert read_resolutions(content.getvalue()) == Resolutions(0, False)
    whole = BytesIO()
    Image.fromarray(lungs(16, (400, 400))).save(whole, "JPEG2000", num_resolutions=4, irreversible=True, no_jp2=True)
    assert read_resolutions(whole.getvalue()) == Resolutions(3, False)


def test_a_damaged_codestream_is_refused_at_any_resolution(tmp_path):
    path = save(dataset_of(lungs(12, (400, 400)), 12), tmp_path / "a.dcm", uid.JPEG2000Lossless)
    dataset = read_dataset(path)
    dataset.PixelData = dataset.PixelData[: len(dataset.PixelData) // 2]
    with pytest.raises(RadiographError, match="PixelData"):
        display_array(dataset, spatial_size=32)

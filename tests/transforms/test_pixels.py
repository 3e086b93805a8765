"""Decoding: every transfer syntax gives the same pixels, and damage is never filled with zeros."""

import numpy as np
import pytest
from pydicom import uid
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate, generate_frames

from lucency.transforms import RadiographError, display_array, read_dataset, read_radiograph
from lucency.transforms.header import read_header
from lucency.transforms.pixels import pixel_cells
from references.dicom_files import LOSSLESS, LOSSY, NATIVE, dataset_of, save, wedge
from references.display import reference_display

PIXELS = (np.arange(70 * 66) % 251).reshape(70, 66).astype("u1")


@pytest.mark.parametrize("syntax", NATIVE + LOSSLESS, ids=lambda syntax: syntax.keyword)
@pytest.mark.parametrize(("bits", "kind"), [(8, "u1"), (12, "u2"), (16, "u2"), (12, "i2")])
def test_a_lossless_encoding_changes_nothing(tmp_path, syntax, bits, kind):
    pixels = (wedge(bits).astype(np.int64) - (2 ** (bits - 1) if kind == "i2" else 0)).astype(kind)
    expected = reference_display(dataset_of(pixels, bits, WindowCenter=700, WindowWidth=1500))
    path = save(dataset_of(pixels, bits, WindowCenter=700, WindowWidth=1500), tmp_path / "a.dcm", syntax)
    np.testing.assert_allclose(display_array(read_dataset(path)), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("syntax", LOSSY, ids=lambda syntax: syntax.keyword)
def test_a_lossy_encoding_changes_little(tmp_path, syntax):
    bits = 8 if syntax in (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit) else 12
    path = save(dataset_of(wedge(bits), bits), tmp_path / "a.dcm", syntax)
    expected = reference_display(dataset_of(wedge(bits), bits))
    np.testing.assert_allclose(display_array(read_dataset(path)), expected, rtol=0, atol=0.02)


def test_twelve_bits_in_extended_jpeg():
    """Nothing here writes a valid one, so this is pydicom's test file, whose stored values its own tests know."""
    for name in ("JPEG-lossy.dcm", "JPGExtended.dcm"):
        dataset = read_dataset(get_testdata_file(name, download=False))
        cells = pixel_cells(dataset, read_header(dataset))
        assert cells.shape == (1024, 256)
        assert (cells[420, 140], cells[230, 120]) == (244, 95)


def test_unused_bits_are_ignored(tmp_path):
    clean, noise = wedge(12), np.random.default_rng(0).integers(0, 16, (70, 66)).astype("u2") << 12
    expected = display_array(dataset_of(clean, 12))
    for syntax in (NATIVE[0], LOSSLESS[0]):
        path = save(dataset_of(clean | noise, 12), tmp_path / "overlay.dcm", syntax)
        np.testing.assert_array_equal(display_array(read_dataset(path)), expected)
    np.testing.assert_array_equal(display_array(dataset_of((clean << 4) | (noise >> 12), 12, HighBit=15)), expected)


def test_one_bit_a_pixel():
    pixels = np.random.default_rng(0).integers(0, 2, (9, 16)).astype("u1")
    dataset = dataset_of(pixels, BitsAllocated=1, BitsStored=1, HighBit=0)
    dataset.PixelData = np.packbits(pixels.ravel(), bitorder="little").tobytes()
    np.testing.assert_array_equal(display_array(dataset), pixels.astype("f4"))


@pytest.mark.parametrize(
    ("length", "reason"),
    [(4000, "4000 of 4620 bytes: the file is truncated"), (4686, "4686 bytes, which is more than 70 rows")],
)
def test_native_pixels_of_another_size_are_refused(length, reason):
    with pytest.raises(RadiographError, match=reason):
        display_array(dataset_of(PIXELS, 8, PixelData=(PIXELS.tobytes() * 2)[:length]))


def test_a_few_bytes_of_padding_at_the_end_are_none_of_the_image():
    padded = dataset_of(PIXELS, 8, PixelData=PIXELS.tobytes() + b"\0\0\0\0")
    np.testing.assert_array_equal(display_array(padded), display_array(dataset_of(PIXELS, 8)))


@pytest.mark.parametrize("syntax", [uid.MPEG2MPML, uid.UID("1.2.3.4"), uid.UID("1.2.840.10008.1.2.4.94")])
def test_an_unsupported_transfer_syntax_is_refused(syntax):
    dataset = dataset_of(PIXELS, 8)
    dataset.file_meta.TransferSyntaxUID = syntax
    with pytest.raises(RadiographError, match=r"\(0002,0010\) TransferSyntaxUID: .* is not supported"):
        display_array(dataset)


@pytest.mark.parametrize("syntax", LOSSLESS + LOSSY, ids=lambda syntax: syntax.keyword)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_codestream_is_refused(tmp_path, syntax, part):
    dataset = read_dataset(save(dataset_of(PIXELS, 8), tmp_path / "a.dcm", syntax))
    whole = next(generate_frames(dataset.PixelData, number_of_frames=1)).rstrip(b"\0")
    dataset.PixelData = encapsulate([whole[: int(len(whole) * part)]])
    with pytest.raises(RadiographError, match="PixelData: cannot be decoded"):
        display_array(dataset)


# Run lengths do not say how large their image is: all that can be told is that they are too few
@pytest.mark.parametrize(
    ("syntax", "rows", "columns"),
    [(s, *size) for s in LOSSLESS + LOSSY for size in ((71, 66), (70, 67), (60, 66), (66, 70)) if s != uid.RLELossless]
    + [(uid.RLELossless, 71, 66), (uid.RLELossless, 70, 67)],
)
def test_a_codestream_of_another_size_is_refused(tmp_path, syntax, rows, columns):
    dataset = read_dataset(save(dataset_of(PIXELS, 8), tmp_path / "a.dcm", syntax))
    dataset.Rows, dataset.Columns = rows, columns
    with pytest.raises(RadiographError, match="PixelData: cannot be decoded"):
        display_array(dataset)


def test_a_decoder_that_panics_is_one_refusal_more(tmp_path):
    """Runs that cross the end of too small an image make the RLE decoder raise something that is no Exception."""
    dataset = read_dataset(save(dataset_of(wedge(12), 12), tmp_path / "a.dcm", uid.RLELossless))
    dataset.Rows = 60
    with pytest.raises(RadiographError, match="PixelData: cannot be decoded as RLE Lossless"):
        display_array(dataset)


def test_two_frames_in_a_single_frame_file_are_refused(tmp_path):
    dataset = read_dataset(save(dataset_of(PIXELS, 8), tmp_path / "a.dcm", uid.JPEGLSLossless))
    frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
    dataset.PixelData = encapsulate([frame, frame])
    with pytest.raises(RadiographError, match="there are 2 frames"):
        display_array(dataset)


@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.DeflatedExplicitVRLittleEndian, *LOSSLESS])
def test_a_file_cut_short_is_refused(tmp_path, syntax):
    path = save(dataset_of(PIXELS, 8), tmp_path / "a.dcm", syntax)
    whole = path.read_bytes()
    for length in range(132, len(whole) - 12, len(whole) // 23):  # the last bytes may be padding and delimiters
        path.write_bytes(whole[:length])
        with pytest.raises(RadiographError) as caught:
            read_radiograph(path)
        assert caught.value.path == str(path)
        assert "\n" not in str(caught.value)

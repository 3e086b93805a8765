"""What is no readable radiograph is one RadiographError that names file, attribute and reason."""

import pickle

import numpy as np
import pytest
from pydicom import Dataset, uid
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence

from lucency.errors import LucencyError
from lucency.transforms import RadiographError, display_array, read_dataset, read_radiograph
from references.dicom_files import LOSSLESS, LOSSY, dataset_of, save

PIXELS = (np.arange(70 * 66) % 251).reshape(70, 66).astype("u1")


def item(**elements):
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return Sequence([dataset])


@pytest.mark.parametrize(
    ("elements", "tag", "reason"),
    [
        ({"NumberOfFrames": 96}, "(0028,0008) NumberOfFrames", "96 frames"),
        ({"SamplesPerPixel": 3}, "(0028,0002) SamplesPerPixel", "colour"),
        ({"SamplesPerPixel": None}, "(0028,0002) SamplesPerPixel", "is missing"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "(0028,0004) PhotometricInterpretation", "PALETTE COLOR"),
        ({"PhotometricInterpretation": None}, "(0028,0004) PhotometricInterpretation", "nothing"),
        ({"Rows": None}, "(0028,0010) Rows", "is missing"),
        ({"Rows": 0}, "(0028,0010) Rows", "0 is not a whole number from 1"),
        ({"Rows": 60000, "Columns": 60000}, "(0028,0010) Rows", "more than any radiograph"),
        ({"BitsAllocated": 12}, "(0028,0100) BitsAllocated", "12 is not supported"),
        ({"BitsStored": 9}, "(0028,0101) BitsStored", "9 is not a whole number from 1 to 8"),
        ({"HighBit": 3}, "(0028,0102) HighBit", "3 is not a whole number from 7"),
        ({"PixelRepresentation": 2}, "(0028,0103) PixelRepresentation", "from 0 to 1"),
        ({"PixelData": b""}, "(7FE0,0010) PixelData", "is empty"),
        ({"PixelData": b"\0" * 4000}, "(7FE0,0010) PixelData", "4000 of 4620 bytes: the file is truncated"),
        ({"PixelData": b"\0\1" * 4620}, "(7FE0,0010) PixelData", "holds 9240 bytes where one frame has 4620"),
        ({"PixelData": b"\7" * 4620}, "(7FE0,0010) PixelData", "constant image"),
        ({"WindowCenter": 9000, "WindowWidth": 10}, "(7FE0,0010) PixelData", "constant image"),
        ({"WindowCenter": 100, "WindowWidth": 0}, "(0028,1051) WindowWidth", "0 is too narrow for a LINEAR window"),
        (
            {"WindowCenter": 100, "WindowWidth": 9, "VOILUTFunction": "CUBIC"},
            "(0028,1056) VOILUTFunction",
            "CUBIC is none of",
        ),
        ({"RescaleSlope": 0, "RescaleIntercept": 1}, "(7FE0,0010) PixelData", "constant image"),
        ({"RescaleSlope": "1E308"}, "(0028,1053) RescaleSlope", "out of the range of numbers"),
        ({"VOILUTSequence": item(LUTData=[1, 2])}, "(0028,3002) LUTDescriptor", "not three whole numbers"),
        ({"VOILUTSequence": item(LUTDescriptor=[3, 0, 16])}, "(0028,3006) LUTData", "is missing"),
        (
            {"VOILUTSequence": item(LUTDescriptor=[300, 0, 16], LUTData=[1, 2])},
            "(0028,3006) LUTData",
            "4 of 300 entries",
        ),
        ({"VOILUTSequence": item(LUTDescriptor=[2, 0, 24], LUTData=[1, 2])}, "(0028,3002) LUTDescriptor", "24 bits"),
    ],
)
def test_a_header_that_is_refused(elements, tag, reason):
    dataset = dataset_of(PIXELS, 8)
    dataset.filename = "folder/a.dcm"
    for keyword, value in elements.items():
        dataset.pop(keyword, None)
        setattr(dataset, keyword, value)
    with pytest.raises(RadiographError) as caught:
        display_array(dataset)
    assert (caught.value.path, caught.value.tag) == ("folder/a.dcm", tag)
    assert reason in caught.value.reason
    assert str(caught.value) == f"folder/a.dcm: {tag}: {caught.value.reason}"


def test_a_value_that_is_no_number_is_refused():
    dataset = dataset_of(PIXELS, 8)
    dataset.add_new("NumberOfFrames", "LO", "1A")
    with pytest.raises(RadiographError, match=r"NumberOfFrames: '1A' is not a number"):
        display_array(dataset)


def test_padding_alone_is_refused():
    dataset = dataset_of(PIXELS, 8, PixelPaddingValue=0, PixelPaddingRangeLimit=255)
    with pytest.raises(RadiographError, match="PixelPaddingValue: every pixel is padding"):
        display_array(dataset)


def test_objects_without_pixels_are_named():
    dataset = dataset_of(PIXELS, 8, SOPClassUID=uid.ComprehensiveSRStorage)
    del dataset.PixelData
    with pytest.raises(
        RadiographError, match=r"PixelData: is missing: the file is no image \(Comprehensive SR Storage\)"
    ):
        display_array(dataset)
    dataset.FloatPixelData = b"\0" * 8
    with pytest.raises(RadiographError, match="FloatPixelData: holds real numbers"):
        display_array(dataset)


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


@pytest.mark.parametrize("syntax", LOSSLESS + LOSSY, ids=lambda syntax: syntax.keyword)
@pytest.mark.parametrize(("rows", "columns"), [(71, 66), (70, 67), (60, 66), (66, 70)])
def test_a_codestream_of_another_size_is_refused(tmp_path, syntax, rows, columns):
    dataset = read_dataset(save(dataset_of(PIXELS, 8), tmp_path / "a.dcm", syntax))
    dataset.Rows, dataset.Columns = rows, columns
    if syntax == uid.RLELossless and rows * columns <= PIXELS.size:
        pytest.skip("run lengths do not say how large the image is")
    with pytest.raises(RadiographError, match="PixelData: cannot be decoded"):
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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"PatientID,Finding\n", "neither DICOM, PNG, JPEG nor NIfTI"),
        (b"\x08\0\5\0\x0a\0\0\0ISO_IR 100", "(0002,0010) TransferSyntaxUID: is missing"),
        (b"\0" * 128 + b"DICM", "(0002,0010) TransferSyntaxUID: is missing"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "cannot be read as PNG"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 40, "cannot be read as JPEG"),
        (b"\x1f\x8b" + b"\0" * 40, "cannot be read as NIfTI"),
    ],
)
def test_a_file_that_holds_nothing_of_use(tmp_path, content, reason):
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    with pytest.raises(RadiographError) as caught:
        read_radiograph(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)


def test_what_is_no_file(tmp_path):
    with pytest.raises(RadiographError, match="is no file"):
        read_radiograph(tmp_path)
    with pytest.raises(RadiographError, match="No such file"):
        read_radiograph(tmp_path / "absent.dcm")


def test_the_error_is_ours_and_survives_another_process():
    error = RadiographError("a.dcm", "two\n lines", "(0028,0010) Rows")
    copy = pickle.loads(pickle.dumps(error))
    assert isinstance(error, LucencyError)
    assert str(copy) == str(error) == "a.dcm: (0028,0010) Rows: two lines"
    assert (copy.path, copy.tag, copy.reason) == ("a.dcm", "(0028,0010) Rows", "two lines")

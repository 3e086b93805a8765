"""Headers that are refused, each with the attribute that is to blame."""

import numpy as np
import pytest
from pydicom import uid

from lucency.transforms import RadiographError, display_array
from references.dicom_files import dataset_of

PIXELS = (np.arange(70 * 66) % 251).reshape(70, 66).astype("u1")


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

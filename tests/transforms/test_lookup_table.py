"""Modality and VOI look-up tables, as makers write them."""

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence

from lucency.transforms import RadiographError, display_array, read_dataset
from references.dicom_files import NATIVE, dataset_of, save, table, wedge
from references.display import reference_display


@pytest.mark.parametrize("syntax", NATIVE, ids=lambda syntax: syntax.keyword)
def test_tables_are_read_from_files_of_any_byte_order(tmp_path, syntax):
    pixels = (wedge(10).astype("i2") - 512).astype("i2")
    ramp = [int(65535 * (step / 1023) ** 2) for step in range(1024)]
    dataset = dataset_of(pixels, 10)
    dataset.ModalityLUTSequence = table(-512, 16, [1023 - step for step in range(1024)])
    dataset.VOILUTSequence = table(10, 16, ramp)
    expected = reference_display(dataset)
    path = save(dataset, tmp_path / "a.dcm", syntax)
    np.testing.assert_allclose(display_array(read_dataset(path)), expected, rtol=0, atol=1e-6)


def test_eight_bit_tables_may_be_packed_or_not():
    x, ramp = wedge(8), list(range(255, -1, -1))
    loose = dataset_of(x, 8, VOILUTSequence=table(0, 8, ramp))
    packed = dataset_of(x, 8, VOILUTSequence=table(0, 8, ramp))
    packed.VOILUTSequence[0].add_new("LUTData", "OW", bytes(ramp))
    np.testing.assert_array_equal(display_array(packed), display_array(loose))
    np.testing.assert_allclose(display_array(packed), reference_display(loose), atol=1e-6)


def test_a_first_value_that_lost_its_sign_is_understood():
    """Pixels are unsigned, so a file may say US, but the intercept makes the table's input negative."""
    pixels, ramp = wedge(10), [int(65535 * (step / 1023) ** 2) for step in range(1024)]
    rescale = {"RescaleSlope": 1, "RescaleIntercept": -512}
    right = dataset_of(pixels, 10, VOILUTSequence=table(-512, 16, ramp), **rescale)
    lost = dataset_of(pixels, 10, VOILUTSequence=table(65536 - 512, 16, ramp), **rescale)
    np.testing.assert_array_equal(display_array(lost), display_array(right))
    np.testing.assert_allclose(display_array(right), reference_display(right), atol=1e-6)


def test_an_empty_table_is_no_table():
    hull = Dataset()
    hull.LUTDescriptor, hull.LUTData = None, None
    dataset = dataset_of(wedge(), 12, VOILUTSequence=Sequence([hull]), ModalityLUTSequence=Sequence([hull]))
    np.testing.assert_array_equal(display_array(dataset), display_array(dataset_of(wedge(), 12)))


def item(**elements):
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return Sequence([dataset])


@pytest.mark.parametrize("keyword", ["ModalityLUTSequence", "VOILUTSequence"])
@pytest.mark.parametrize(
    ("elements", "tag", "reason"),
    [
        ({"LUTData": [1, 2]}, "(0028,3002) LUTDescriptor", "not three whole numbers"),
        ({"LUTDescriptor": [3, 0], "LUTData": [1, 2]}, "(0028,3002) LUTDescriptor", "not three whole numbers"),
        ({"LUTDescriptor": [2, 0, 24], "LUTData": [1, 2]}, "(0028,3002) LUTDescriptor", "24 bits an entry"),
        ({"LUTDescriptor": [3, 0, 16]}, "(0028,3006) LUTData", "is missing"),
        ({"LUTDescriptor": [300, 0, 16], "LUTData": [1, 2]}, "(0028,3006) LUTData", "4 of 300 entries"),
    ],
)
def test_a_broken_table_is_refused(keyword, elements, tag, reason):
    with pytest.raises(RadiographError) as caught:
        display_array(dataset_of(wedge(8), 8, **{keyword: item(**elements)}))
    assert caught.value.tag == tag
    assert reason in caught.value.reason

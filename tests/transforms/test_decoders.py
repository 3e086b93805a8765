"""Where a decoder is missing the next best is used with one notice; where none is, the error says what to install."""

import logging
from importlib import util

import numpy as np
import pytest
from pydicom import uid

from lucency.transforms import RadiographError, decoders, read_dataset, read_radiograph
from lucency.transforms.header import read_header
from lucency.transforms.pixels import pixel_cells
from references.dicom_files import LOSSLESS, dataset_of, save, wedge


@pytest.fixture
def without(monkeypatch):
    """Act as if modules were not installed."""

    def hide(*modules):
        monkeypatch.setattr(decoders, "find_spec", lambda name: None if name in modules else util.find_spec(name))
        decoders.decoder_of.cache_clear()

    yield hide
    decoders.decoder_of.cache_clear()


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda syntax: syntax.keyword)
def test_the_next_best_decodes_the_same_and_says_so_once(tmp_path, without, caplog, syntax):
    best, following = decoders.DECODERS[syntax]
    path = save(dataset_of(wedge(12), 12), tmp_path / "a.dcm", syntax)
    expected = read_radiograph(path)
    without(best.module)
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        dataset = read_dataset(path)
        np.testing.assert_array_equal(pixel_cells(dataset, read_header(dataset)), wedge(12))
    np.testing.assert_array_equal(read_radiograph(path), expected)
    notices = [record.getMessage() for record in caplog.records if record.name == decoders.__name__]
    assert len(notices) == 1
    assert following.package in notices[0]
    assert f"pip install {best.package}" in notices[0]


def test_without_any_decoder_the_error_names_what_to_install(tmp_path, without):
    path = save(dataset_of(wedge(12), 12), tmp_path / "a.dcm", uid.JPEGLosslessSV1)
    without("imagecodecs", "gdcm")
    with pytest.raises(RadiographError, match=r"TransferSyntaxUID: no decoder .* mend: pip install imagecodecs"):
        read_radiograph(path)

"""Reading odd files says nothing beside its error, and changes nothing for the rest of the program."""

import logging
import warnings

import numpy as np
import pytest
from pydicom import dcmread

from lucency.transforms import RadiographError, read_radiograph
from lucency.transforms.quiet import quiet_pydicom
from references.dicom_files import dataset_of, save


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_odd_headers_are_read_in_silence(tmp_path, caplog):
    pixels = np.arange(64, dtype="u1").reshape(8, 8)
    dataset = dataset_of(pixels, 8, WindowCenter=32, WindowWidth=64, VOILUTFunction="linear")
    path = save(dataset, tmp_path / "a.dcm")
    with pytest.warns(UserWarning, match="Invalid value for VR CS"):
        assert dcmread(path).VOILUTFunction == "linear"
    caplog.clear()
    whole = path.read_bytes()
    with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
        warnings.simplefilter("error")
        read_radiograph(path)
        path.write_bytes(whole[:-70])
        with pytest.raises(RadiographError):
            read_radiograph(path)
    assert not [record for record in caplog.records if record.name.startswith("pydicom")]


def test_pydicom_speaks_up_outside(caplog):
    before = list(warnings.filters)
    with quiet_pydicom():
        logging.getLogger("pydicom").error("inside")
    logging.getLogger("pydicom").error("outside")
    assert [record.message for record in caplog.records] == ["outside"]
    assert list(warnings.filters) == before

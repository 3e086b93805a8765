"""Reading a damaged file says nothing beside its error, and changes nothing for the rest of the program."""

import logging
import warnings

import numpy as np
import pytest
from pydicom import uid
from pydicom.pixels import pixel_array

from lucency.transforms import RadiographError, read_radiograph
from lucency.transforms.quiet import quiet_pydicom
from references.dicom_files import dataset_of, save

PIXELS = np.arange(4900, dtype="u2").reshape(70, 70)


def cut(content):
    return content[: len(content) // 2]


def scratched(content):
    return content[:-300] + b"\0\1" * 100 + content[-100:]


@pytest.mark.parametrize("damage", [cut, scratched])
def test_a_damaged_file_is_refused_in_silence(tmp_path, caplog, damage):
    path = save(dataset_of(PIXELS, 16), tmp_path / "a.dcm", uid.JPEGLSLossless)
    path.write_bytes(damage(path.read_bytes()))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with pytest.raises((AttributeError, RuntimeError)):
            pixel_array(path)
    assert heard or caplog.records, "pydicom itself has something to say"
    caplog.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RadiographError):
            read_radiograph(path)
    assert not caplog.records


def test_pydicom_speaks_up_outside(caplog):
    before = list(warnings.filters)
    with quiet_pydicom():
        logging.getLogger("pydicom").error("inside")
    logging.getLogger("pydicom").error("outside")
    assert [record.message for record in caplog.records] == ["outside"]
    assert list(warnings.filters) == before

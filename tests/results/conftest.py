"""A model, its answer and a radiograph to report on."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import uid

from lucency.labels import NIH14
from lucency.results.model_identity import ModelIdentity
from lucency.results.schema import FindingResult, GuardResult, ImageResult
from references.dicom_files import dataset_of

HEADER = {
    "PatientName": "Test^Patient",
    "PatientID": "0815-4711",
    "IssuerOfPatientID": "HOSPITAL",
    "PatientBirthDate": "19610203",
    "PatientSex": "F",
    "PatientAge": "060Y",
    "StudyInstanceUID": "1.2.3.4",
    "StudyDate": "20210304",
    "StudyTime": "101112",
    "StudyID": "S1",
    "StudyDescription": "Thorax p.a.",
    "AccessionNumber": "ACC9",
    "ReferringPhysicianName": "Doc^Tor",
    "SeriesInstanceUID": "1.2.3.4.5",
    "SOPInstanceUID": "1.2.3.4.5.6",
    "Modality": "DX",
    "Manufacturer": "Maker",
    "PatientOrientation": ["L", "F"],
    "ImagerPixelSpacing": ["0.14", "0.15"],
    "InstanceNumber": "3",
}


@pytest.fixture
def elements():
    """What the header of the radiograph says."""
    return dict(HEADER)


@pytest.fixture
def model():
    """The model that answered."""
    return ModelIdentity(name="cxr_bundle", version="1.2.3", findings=NIH14, weights_sha256="ab" * 32)


@pytest.fixture
def result():
    """An answer with everything in it."""
    findings = tuple(
        FindingResult(
            finding=finding,
            probability=(index + 0.5) / 17.3,
            raw_probability=(index + 0.4) / 19.1,
            calibration="shared platt with prior shift",
            decision="present" if index % 3 else "absent",
            threshold=0.05 * (index + 1) / 7,
            operating_point="sensitivity 0.95",
        )
        for index, finding in enumerate(NIH14)
    )
    guard = GuardResult(outcome="warning", reasons=("ViewPosition is empty", "BodyPartExamined is empty"))
    return ImageResult(file="study/chest.dcm", status="ok", guard=guard, findings=findings)


@pytest.fixture
def radiograph(tmp_path):
    """A function that writes a radiograph with a complete header, but for the elements that it is given."""

    def write(name: str = "chest.dcm", **elements: object) -> Path:
        dataset = dataset_of(np.arange(12, dtype=np.uint16).reshape(3, 4), 12, **HEADER)
        for keyword, value in elements.items():
            if value is None:
                del dataset[keyword]
            else:
                setattr(dataset, keyword, value)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", uid.generate_uid())
        path: Path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(path, enforce_file_format=True)
        return path

    return write

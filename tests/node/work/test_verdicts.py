"""Which objects are readers' verdicts: reports that judge a report of ours, whole and importable, and nothing else."""

import numpy as np
import pydicom
import pytest

pytest.importorskip("highdicom")

from lucency.node.work.verdicts import is_verdict
from lucency.refine.worklists import assessment_report
from lucency.results.model_identity import ModelIdentity
from lucency.results.schema import FindingResult, ImageResult
from lucency.results.source_header import source_header
from lucency.results.structured_report import structured_report
from references.dicom_files import dataset_of

MODEL = ModelIdentity(name="cxr_bundle", version="1", findings=("effusion", "mass"), weights_sha256=None)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    path = tmp_path_factory.mktemp("verdicts") / "image.dcm"
    uids = {"StudyInstanceUID": "1.2.1", "SeriesInstanceUID": "1.2.1.1"}
    dataset_of(np.zeros((2, 2), np.uint8), SOPInstanceUID="1.2.1.1.1", **uids).save_as(path, enforce_file_format=True)
    return path


@pytest.fixture(scope="module")
def report(image):
    decided = [
        FindingResult(finding=finding, probability=0.5, raw_probability=0.5, decision="present")
        for finding in MODEL.findings
    ]
    dataset = structured_report(ImageResult(file="a", status="ok", findings=decided), source_header(image), MODEL)
    dataset.save_as(path := image.with_name("report.dcm"), enforce_file_format=True)
    return path


@pytest.fixture
def judged(report, tmp_path):
    """A function that writes a verdict, after a change."""

    def write(change=lambda dataset: None):
        judgements = {"effusion": "accepted", "mass": "rejected"}
        dataset = assessment_report(pydicom.dcmread(report), judgements, "R1")
        change(dataset)
        dataset.save_as(path := tmp_path / "judged.dcm", enforce_file_format=True)
        return path

    return write


def groups(dataset):
    return dataset.ContentSequence[-1].ContentSequence


def item(group, code):
    return next(one for one in group.ContentSequence if one.ConceptNameCodeSequence[0].get("CodeValue") == code)


def other_judgement(dataset):
    item(groups(dataset)[0], "assessment").ConceptCodeSequence[0].CodeValue = "perhaps"


def no_reference(dataset):
    del item(groups(dataset)[0], "assessed_report").ReferencedSOPSequence


def a_finding_twice(dataset):
    groups(dataset).append(groups(dataset)[0])


def no_group(dataset):
    dataset.ContentSequence[-1].ContentSequence = []


def no_content(dataset):
    del dataset.ContentSequence


def test_a_judgement_of_our_report_is_one(judged):
    assert is_verdict(judged()) is True


@pytest.mark.parametrize("change", [other_judgement, no_reference, a_finding_twice, no_group, no_content])
def test_one_that_could_not_be_imported_is_none(judged, change):
    assert is_verdict(judged(change)) is False


def test_our_report_and_its_image_are_none(report, image):
    assert is_verdict(report) is False
    assert is_verdict(image) is False


def test_nothing_is_none_wherever_it_is_cut_off(judged):
    path = judged()
    content = path.read_bytes()
    for end in [*range(0, len(content), 101), len(content) - 1]:
        path.write_bytes(content[:end])
        assert is_verdict(path) is False


def test_junk_is_none(judged, tmp_path):
    random = np.random.default_rng(0)
    for junk in (b"", b"DICM", bytes(1000), b"\xff" * 1000, b"\0" * 128 + b"DICM" + random.bytes(4000)):
        (tmp_path / "junk").write_bytes(junk)
        assert is_verdict(tmp_path / "junk") is False
    assert is_verdict(tmp_path) is False
    assert is_verdict(tmp_path / "none") is False


def test_flipped_bytes_never_raise(judged, tmp_path):
    path = judged()
    content = np.frombuffer(path.read_bytes(), np.uint8)
    random = np.random.default_rng(0)
    for _ in range(200):
        broken = content.copy()
        broken[random.integers(0, len(broken), 8)] = random.integers(0, 256, 8)
        path.write_bytes(broken.tobytes())
        assert is_verdict(path) in (True, False)

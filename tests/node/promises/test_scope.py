"""What is no frontal chest radiograph is acknowledged, and skipped with a reason."""

import pytest
from pydicom import uid
from pydicom.filereader import read_file_meta_info
from pynetdicom.presentation import AllStoragePresentationContexts

from lucency.node.jobs import Kind, State
from node.objects import Radiographs, study
from node.ports import wait_until
from node.promises.archive import report_bytes
from node.promises.modality import send_as_is

CT, PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.11.1"
FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"

CASES = {
    "CT": ({"SOPClassUID": CT, "Modality": "CT"}, Kind.NOT_CANDIDATE, "SOP class"),
    "presentation state": ({"SOPClassUID": PRESENTATION_STATE, "Modality": "PR"}, Kind.NOT_CANDIDATE, "SOP class"),
    "encapsulated PDF": (
        {"SOPClassUID": uid.EncapsulatedPDFStorage, "Modality": "DOC"},
        Kind.NOT_CANDIDATE,
        "SOP class",
    ),
    "structured report": (
        {"SOPClassUID": COMPREHENSIVE_SR, "Modality": "SR", "PixelData": None},
        Kind.REFUSED_BY_GUARD,
        "SOPClassUID",
    ),
    "for processing": (
        {"SOPClassUID": FOR_PROCESSING, "PresentationIntentType": "FOR PROCESSING"},
        Kind.REFUSED_BY_GUARD,
        "FOR PROCESSING",
    ),
    "lateral": ({"ViewPosition": "LL", "ViewCodeSequence": None}, Kind.REFUSED_BY_GUARD, "ViewPosition"),
    "hand": ({"BodyPartExamined": "HAND", "AnatomicRegionSequence": None}, Kind.REFUSED_BY_GUARD, "BodyPartExamined"),
    "mammogram as a secondary capture": (
        {"SOPClassUID": uid.SecondaryCaptureImageStorage, "Modality": "MG"},
        Kind.REFUSED_BY_GUARD,
        "Modality",
    ),
    "several frames": ({"NumberOfFrames": 3}, Kind.REFUSED_BY_GUARD, "NumberOfFrames"),
}


@pytest.fixture(scope="module")
def judged(hospital, chests, tmp_path_factory):
    """Every case, sent in one go: what became of it."""
    made = Radiographs(tmp_path_factory.mktemp("scope"), chests)
    files = {name: made.frontal(**elements) for name, (elements, _, _) in CASES.items()}
    assert send_as_is(hospital.port, *files.values()) == [0] * len(files)
    return files, dict(zip(files, hospital.settled(*files.values()), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_it_is_skipped_with_a_reason(judged, hospital, orthanc, name):
    files, jobs = judged
    _, kind, word = CASES[name]
    job = jobs[name]
    assert (job.state, job.kind) == (State.SKIPPED, kind), job.reason
    assert word in job.reason
    assert "\n" not in job.reason
    assert not job.products
    assert not report_bytes(orthanc, study(files[name]))
    wait_until(lambda: not hospital.settled(files[name])[0].path, 10, "its object is removed")
    reasons = hospital.health()["reasons"]["skipped"]
    assert reasons[kind.value] >= 1


def test_a_frontal_beside_a_lateral_in_one_study_is_answered(hospital, orthanc, radiographs):
    frontal = radiographs.frontal()
    lateral = radiographs.frontal(ViewPosition="LL", ViewCodeSequence=None, StudyInstanceUID=study(frontal))
    assert send_as_is(hospital.port, lateral, frontal) == [0, 0]
    assert [job.state for job in hospital.settled(lateral, frontal)] == [State.SKIPPED, State.SENT]
    assert len(report_bytes(orthanc, study(frontal))) == 1


def test_files_of_the_corpus_that_are_to_be_refused(hospital, real_data):
    corpus = real_data / "dicom_corpus"
    files = [*(corpus / "not_chest").glob("*.dcm"), *(corpus / "non_image").glob("*.dcm")]
    tagged = [corpus / "metamorphic_CR-MONO1-10" / f"2{n}.dcm" for n in ("0_tag_lateral", "1_tag_hand")]
    sent = [path for path in (*files, *tagged) if _can_be_sent(path)]
    assert len(sent) > 8
    assert send_as_is(hospital.port, *sent) == [0] * len(sent)
    for path, job in zip(sent, hospital.settled(*sent), strict=True):
        assert job.state is State.SKIPPED, (path.name, job.state, job.kind, job.reason)
        assert job.reason


def _can_be_sent(path):
    """A modality offers storage classes only: no media directory, no hanging protocol."""
    sop_class = read_file_meta_info(path).get("MediaStorageSOPClassUID")
    return sop_class in {context.abstract_syntax for context in AllStoragePresentationContexts}

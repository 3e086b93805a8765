"""Nothing of a patient in logs, metrics, pages and errors, and no image left on disk when it is done."""

import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from lucency.node.jobs import State
from node import objects
from node.objects import Radiographs, identity, study
from node.promises.modality import Modality, send_as_is

PLANTED = {
    "PatientName": "Plantagenet^Eleonore",
    "PatientID": "PLANTID77123",
    "OtherPatientIDs": "PLANTOTHER77",
    "PatientBirthDate": "19370421",
    "PatientAddress": "Plantstrasse 7",
    "AccessionNumber": "PLANTACC4711",
    "StudyID": "PLANTSTUDY",
    "InstitutionName": "Plantklinik",
    "ReferringPhysicianName": "Plantdoc^Ottokar",
    "StudyDescription": "Plantdescription thorax",
    "SeriesDescription": "Plantseries",
    "StationName": "PLANTSTATION",
    "DeviceSerialNumber": "PLANTSERIAL9",
}


@pytest.fixture(scope="module")
def told(hospital, chests, tmp_path_factory):
    """What the node says, anywhere, after good, bad and foreign objects; and the planted words."""
    made = Radiographs(tmp_path_factory.mktemp("planted"), chests)

    def planted(name, **elements):
        return made.frontal(name, **{**PLANTED, **elements})

    good = planted("good")
    bad = {
        "cut": planted("cut"),
        "huge": objects.huge(planted("huge")),
        "nested": objects.nested(planted("nested")),
        "lateral": planted("lateral", ViewPosition="LL", ViewCodeSequence=None),
        "no study": planted("nostudy", StudyInstanceUID=None),
        "name as body part": planted("odd", BodyPartExamined="PLANTPART", ViewPosition="PLANTVIEW"),
        "no such character set": planted("charset", SpecificCharacterSet="PLANTCHARSET"),
        "CT": planted("ct", SOPClassUID="1.2.840.10008.5.1.4.1.1.2", Modality="CT"),
        "lying": planted("lying"),
    }
    bad["cut"].write_bytes(bad["cut"].read_bytes()[:-9000])
    content = bad["lying"].read_bytes()
    bad["lying"].write_bytes(content[:400] + content[400:].replace(b"19370421", b"1937PLNT"))
    files = [good, *bad.values()]
    assert Modality(hospital.port).send(good) == ["Success"]
    assert send_as_is(hospital.port, *bad.values()) == [0] * len(bad)
    assert not Modality(hospital.port, aet="PLANTAE").echo()
    jobs = hospital.settled(*files, seconds=120)
    assert jobs[0].state is State.SENT
    assert State.DEAD in {job.state for job in jobs}
    assert State.SKIPPED in {job.state for job in jobs}

    words = [part for value in PLANTED.values() for part in (value, *value.split("^"))]
    words += ["PLANT", "Plant", "MODALITY1", "1937PLNT", "H7-0"]
    words += [identity(path) for path in files] + [study(good)]
    words += [objects.series(good)]
    return jobs, words, _everything(hospital, good)


def _everything(node, image):
    said = {"log": node.said()}
    for path in ("/healthz", "/readyz", "/metrics", "/", f"/studies/{study(image)}", f"/nothing/{identity(image)}"):
        said[path] = node.get(path)[1]
    for name, content_type, body in (
        ("no multipart", "application/dicom", image.read_bytes()),
        ("broken multipart", 'multipart/related; type="application/dicom"; boundary=B', image.read_bytes()),
        ("json", "application/dicom+json", b'[{"00100010": {"Value": ["Plantagenet"]}}]'),
    ):
        said[f"STOW-RS, {name}"] = _posted(node, content_type, body)
    for command in (["status"], ["jobs", "list", "--limit", "1000"]):
        arguments = [sys.executable, "-m", "lucency", "node", *command, "--state", str(node.settings.state)]
        done = subprocess.run(arguments, capture_output=True, text=True, env=node.environment, check=False)
        said[" ".join(command)] = done.stdout + done.stderr
    return said


def _posted(node, content_type, body):
    request = urllib.request.Request(
        f"http://127.0.0.1:{node.http_port}/studies", data=body, headers={"Content-Type": content_type}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return f"{error.headers}{error.read().decode(errors='replace')}"


def test_nothing_of_a_patient_is_told(told):
    _, words, said = told
    for place, text in said.items():
        assert text or place.startswith("/nothing"), f"{place} says nothing: nothing was tested"
        found = sorted({word for word in words if word in text and not _of_the_question(place, word)})
        assert not found, f"{place} tells {found}: {[line for line in text.splitlines() if found[0] in line][:2]}"


def _of_the_question(place, word):
    """Whether whoever asked has said it himself."""
    return word in place


def test_what_is_told_tells_something(told):
    jobs, _, said = told
    assert "object_taken" in said["log"]
    assert "job_dead" in said["log"]
    assert all(str(job.id) in said["jobs list --limit 1000"] for job in jobs)
    assert "unreadable" in said["/healthz"]


def test_images_that_are_done_are_removed_from_disk(told, hospital):
    jobs, _, _ = told
    root = hospital.settings.storage_root
    kept = {str(path.relative_to(root)) for path in (root / "objects").rglob("*.dcm")}
    dead = {job.path for job in hospital.jobs() if job.state is State.DEAD and job.path}
    waiting = {job.path for job in hospital.jobs() if job.state in (State.QUEUED, State.RUNNING)}
    assert kept == dead | waiting
    assert {job.path for job in jobs if job.state is State.DEAD} <= kept


def test_folders_with_patient_data_are_the_owners_alone(hospital):
    assert hospital.settings.state.stat().st_mode & 0o077 == 0

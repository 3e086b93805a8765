"""Broken, lying and exploding objects cost only their own job: they end, no report is made of them, others go on."""

import random
import shutil

import pytest
from pydicom import uid

from lucency.node.jobs import Kind, State
from node import objects
from node.objects import data_start, identity, study
from node.peers import LONG
from node.ports import wait_until
from node.promises.archive import report_bytes
from node.promises.modality import TAKEN, Modality, send_as_is

FUZZED = 300 if LONG else 12
BOMBS = {
    "huge": objects.huge,
    "rle": objects.rle_bomb,
    "codestream": objects.codestream_bomb,
    "deflate": objects.deflate_bomb,
    "nested": objects.nested,
}


@pytest.fixture(autouse=True)
def _good_images_are_answered_afterwards(hospital, orthanc, radiographs):
    yield
    image = radiographs.frontal()
    assert Modality(hospital.port).send(image) == [TAKEN]
    assert [job.state for job in hospital.settled(image, seconds=120)] == [State.SENT]
    assert len(report_bytes(orthanc, study(image))) == 1
    wait_until(lambda: hospital.get("/readyz")[0] == 200, 30, "ready")


def test_bombs(hospital, orthanc, radiographs):
    images = [radiographs.frontal(name) for name in BOMBS]
    studies = [study(image) for image in images]
    bombs = [make(image) for make, image in zip(BOMBS.values(), images, strict=True)]
    assert max(path.stat().st_size for path in bombs) < 20_000_000
    assert send_as_is(hospital.port, *bombs) == [0] * len(bombs)
    jobs = dict(zip(BOMBS, hospital.settled(*bombs, seconds=180), strict=True))
    for name, job in jobs.items():
        assert job.state in (State.DEAD, State.SKIPPED), (name, job)
        assert job.kind in (Kind.UNREADABLE, Kind.MEMORY_LIMIT, Kind.TIME_LIMIT, Kind.CRASHED, Kind.NO_IMAGE), (
            name,
            job,
        )
        assert job.reason
        assert not job.products
    assert not [report for one in studies for report in report_bytes(orthanc, one)]


def test_fuzzed_objects(hospital, radiographs):
    chance = random.Random(7)
    syntaxes = (uid.ExplicitVRLittleEndian, uid.JPEGLSLossless, uid.JPEG2000Lossless, uid.RLELossless)
    fuzzed = [objects.damaged(radiographs.frontal("fuzz", syntaxes[n % 4]), chance) for n in range(FUZZED)]
    assert send_as_is(hospital.port, *fuzzed) == [0] * FUZZED
    ends = {}
    for path, job in zip(fuzzed, hospital.settled(*fuzzed, seconds=60 + 5 * FUZZED), strict=True):
        ends[path.name] = (job.state, job.kind)
        assert job.state is State.SENT or (job.kind is not None and job.reason), (path, job)
        assert job.kind is not Kind.NODE_FAILURE, (path, job)
    assert len(set(ends.values())) > 1, "all alike: nothing was broken"


def test_broken_files_of_the_corpus(hospital, real_data, radiographs):
    """Each is sent as it is, and as a computed radiograph, so that a worker has to look at it."""
    broken = sorted((real_data / "dicom_corpus" / "broken").glob("*.dcm"))
    assert len(broken) > 10
    sent = []
    for source in broken:
        path = radiographs.frontal(source.stem)
        path.write_bytes(path.read_bytes()[: data_start(path)] + _after_meta(source))
        sent.append(path)
    assert send_as_is(hospital.port, *sent) == [0] * len(sent)
    for path, job in zip(sent, hospital.settled(*sent, seconds=120), strict=True):
        assert job.state in (State.DEAD, State.SKIPPED), (path.name, job)
        assert not job.products


def _after_meta(source):
    content = source.read_bytes()
    return content[data_start(source) :] if content[128:132] == b"DICM" else content


def test_an_object_that_is_another_than_it_was_announced_as(hospital, radiographs):
    announced, other = radiographs.frontal(), radiographs.frontal()
    meta = announced.read_bytes()[: data_start(announced)]
    announced.write_bytes(meta + other.read_bytes()[data_start(other) :])
    assert send_as_is(hospital.port, announced) == [0]
    (job,) = hospital.settled(announced)
    assert (job.state, job.kind) == (State.DEAD, Kind.UNREADABLE)


def test_a_broken_object_is_replaced_by_a_whole_one_of_its_uid(hospital, orthanc, radiographs, tmp_path):
    image = radiographs.frontal()
    whole = tmp_path / "whole.dcm"
    shutil.copy(image, whole)
    image.write_bytes(image.read_bytes()[:-20_000])
    assert send_as_is(hospital.port, image) == [0]
    (job,) = hospital.settled(image)
    assert (job.state, job.kind) == (State.DEAD, Kind.UNREADABLE)
    assert identity(whole) == identity(image)
    assert Modality(hospital.port).send(whole) == [TAKEN]
    wait_until(lambda: hospital.settled(whole)[0].state is State.SENT, 30, "the whole one is sent")
    assert len(report_bytes(orthanc, study(whole))) == 1

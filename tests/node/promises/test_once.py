"""One object is one job and one report, however often and from wherever it comes."""

from concurrent.futures import ThreadPoolExecutor

from lucency.node.jobs import State
from node.objects import study
from node.promises.archive import report_bytes
from node.promises.modality import TAKEN, Modality


def test_an_object_that_is_sent_again_changes_nothing(hospital, orthanc, radiographs):
    image = radiographs.frontal()
    first, second = Modality(hospital.port), Modality(hospital.port, aet="MODALITY2")
    assert first.send(image) == [TAKEN]
    (job,) = hospital.settled(image)
    assert job.state is State.SENT
    before = report_bytes(orthanc, study(image))
    assert len(before) == 1
    assert first.send(image) + second.send(image) == [TAKEN, TAKEN]
    (now,) = hospital.settled(image)
    assert (now.id, now.attempts, now.built, now.finished) == (job.id, job.attempts, job.built, job.finished)
    assert report_bytes(orthanc, study(image)) == before


def test_the_same_images_from_two_modalities_at_once_are_one_job_each(hospital, orthanc, radiographs):
    images = [radiographs.frontal() for _ in range(3)]
    senders = [Modality(hospital.port, aet=f"MODALITY{1 + number % 2}") for number in range(4)]
    with ThreadPoolExecutor(len(senders)) as pool:
        answers = list(pool.map(lambda sender: sender.send(*images), senders))
    assert answers == [[TAKEN] * 3] * 4
    assert [job.state for job in hospital.settled(*images)] == [State.SENT] * 3
    assert [len(report_bytes(orthanc, study(image))) for image in images] == [1, 1, 1]


def test_two_images_of_a_study_get_a_report_each(hospital, orthanc, radiographs):
    first = radiographs.frontal()
    second = radiographs.frontal(StudyInstanceUID=study(first))
    assert Modality(hospital.port).send(first, second) == [TAKEN, TAKEN]
    hospital.settled(first, second)
    assert len(report_bytes(orthanc, study(first))) == 2

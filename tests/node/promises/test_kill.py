"""kill -9 at any moment: what was acknowledged ends in one result, and nothing is lost or doubled.

``make test-long`` (LUCENCY_LONG=1) kills a hundred times.
"""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lucency.node.housekeeping import YOUNG, Housekeeping
from lucency.node.jobs import State
from lucency.node.storage import Storage
from node.objects import identity, study
from node.peers import LONG
from node.promises.archive import report_bytes
from node.promises.modality import TAKEN, Modality

KILLS = int(os.environ.get("LUCENCY_KILLS", 100 if LONG else 3))
STREAMS = 2


@pytest.fixture(scope="module")
def fragile(make_node, orthanc):
    """A node with two workers and Orthanc behind it."""
    return make_node(pacs=orthanc.address, workers=2).start()


@pytest.mark.slow
@pytest.mark.timeout(KILLS * 60 + 240)
def test_no_kill_loses_or_doubles_what_was_acknowledged(fragile, orthanc, radiographs):
    """Two modalities send all the time, each image until it is acknowledged, and one of them once more after that."""
    chance = random.Random(20240607)
    sent, acknowledged, lock, ended = [], set(), threading.Lock(), threading.Event()

    def stream(number: int) -> None:
        modality = Modality(fragile.port, aet=f"STREAM{number}")
        while not ended.is_set():
            with lock:
                image = radiographs.frontal()
                sent.append(image)
            while modality.send(image) != [TAKEN]:
                if ended.wait(0.5):
                    return
            acknowledged.add(image)
            if number == 0:
                modality.send(image)
            ended.wait(0.2)

    with ThreadPoolExecutor(STREAMS) as pool:
        streams = [pool.submit(stream, number) for number in range(STREAMS)]
        try:
            for kill in range(KILLS):
                time.sleep(chance.uniform(0, 3))
                fragile.kill()
                if kill % 4 == 1:  # and while it starts
                    fragile.launch()
                    time.sleep(chance.uniform(0, 5))
                    fragile.kill()
                fragile.start()
            time.sleep(1)
        finally:
            ended.set()
    for finished in streams:
        finished.result()

    assert len(acknowledged) > KILLS, "too few for a test"
    jobs = fragile.settled(*acknowledged, seconds=120 + 2 * KILLS)
    assert {(job.state, job.kind, job.reason) for job in jobs} == {(State.SENT, None, "")}
    everything = fragile.settled(*[path for path, found in fragile.jobs_of(sent).items() if found])
    assert len({job.sop_instance_uid for job in everything}) == len(fragile.jobs()) <= len(sent)

    known = {job.sop_instance_uid for job in everything}
    reports = {path: report_bytes(orthanc, study(path)) for path in sent}
    assert {path.name: len(found) for path, found in reports.items()} == {
        path.name: int(identity(path) in known) for path in sent
    }

    again = sorted(acknowledged)[:10]
    assert Modality(fragile.port).send(*again) == [TAKEN] * len(again)
    fragile.settled(*again)
    assert [report_bytes(orthanc, study(path)) for path in again] == [reports[path] for path in again]
    print(f"{KILLS} kills, {len(sent)} images, {len(acknowledged)} acknowledged, 0 lost, 0 doubled")


def test_what_kills_have_left_half_done_is_tidied_up_when_it_is_old(fragile):
    assert fragile.stop() == 0
    storage = Storage(fragile.settings.storage_root, "another")
    hours_ago = time.time() - 2 * YOUNG
    for path in storage.root.rglob("*"):
        os.utime(path, (hours_ago, hours_ago))
    jobs = fragile.jobs()
    Housekeeping(fragile.queue, storage, fragile.settings.keep_days).tidy()
    assert {job.state for job in jobs} == {State.SENT}
    left = {str(path.relative_to(storage.root)) for path in storage.root.glob("*/**/*") if path.is_file()}
    assert left == {product for job in jobs for product in job.products}
    assert {folder.name for folder in storage.reports.iterdir()} == {job.name for job in jobs}

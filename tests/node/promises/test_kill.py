"""kill -9 at any moment: what was acknowledged ends in one result, and nothing is lost or doubled.

``make test-long`` (LUCENCY_LONG=1) kills a hundred times.
"""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lucency.node.jobs import State
from node.objects import identity, study
from node.peers import LONG
from node.promises.archive import report_bytes
from node.promises.modality import TAKEN, Modality

KILLS = 100 if LONG else 3
STREAMS = 2


@pytest.fixture(scope="module")
def fragile(make_node, orthanc):
    """A node with two workers and Orthanc behind it."""
    return make_node(pacs=orthanc.address, workers=2).start()


@pytest.mark.slow
@pytest.mark.timeout(KILLS * 60 + 240)
def test_no_kill_loses_or_doubles_what_was_acknowledged(fragile, orthanc, radiographs):
    chance = random.Random(20240607)
    sent, acknowledged, lock, ended = [], set(), threading.Lock(), threading.Event()

    def stream(number: int) -> None:
        modality = Modality(fragile.port, aet=f"STREAM{number}")
        while not ended.is_set():
            with lock:
                image = radiographs.frontal()
                sent.append(image)
            for _ in range(1 if number else 2):  # one of the streams sends everything twice
                if modality.send(image) == [TAKEN]:
                    acknowledged.add(image)
            ended.wait(0.4)

    pace = []
    with ThreadPoolExecutor(STREAMS) as pool:
        streams = [pool.submit(stream, number) for number in range(STREAMS)]
        try:
            for _ in range(KILLS):
                time.sleep(chance.uniform(0, 3))
                fragile.kill()
                pace.append(len(acknowledged))
                fragile.start()
            time.sleep(1)
        finally:
            ended.set()
    for finished in streams:
        finished.result()

    assert len(acknowledged) > KILLS, f"too few for a test: {pace}"
    jobs = fragile.settled(*acknowledged, seconds=120 + 2 * KILLS)
    assert {(job.state, job.kind, job.reason) for job in jobs} == {(State.SENT, None, "")}
    everything = fragile.settled(*[path for path in sent if fragile.jobs_of([path])[path]])
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


def test_a_node_that_was_killed_leaves_nothing_half_done(fragile):
    storage = fragile.settings.storage_root
    assert not list((storage / "incoming").rglob("*.dcm"))
    assert not [path for path in (storage / "reports").iterdir() if path.name.startswith(".")]

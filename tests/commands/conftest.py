"""What a node has left in its folder."""

import pytest

from lucency.node.jobs import Arrival, Kind
from lucency.node.queue import open_queue
from lucency.node.settings import NodeSettings
from lucency.node.state_folder import StateFolder
from lucency.node.storage import Storage

PATIENT = "Secret^Name"


@pytest.fixture
def left(tmp_path):
    """What a node has left: jobs 1 to 5 are dead, skipped, dead with results, queued and sent."""
    settings = NodeSettings(bundle="b", pacs="PACS@127.0.0.1:4242", state=tmp_path / "state")
    folder = StateFolder(settings.state)
    storage = Storage(settings.storage_root, folder.node)
    queue = open_queue(settings)

    def work(number):
        path = storage.incoming / f"{number}"
        path.write_bytes(b"object %d" % number)
        uid = f"1.2.826.{number}"
        queue.put(Arrival(uid, "1.2.840.10008.5.1.4.1.1.1", "SENDER", storage.keep(path), "recipe"))
        (job,) = queue.claim("work", "worker", 60)
        return job

    def answer(job):
        with storage.publication(job.name) as products:
            (products / "1-report.dcm").write_bytes(b"report %d" % job.id)
        queue.built(job, storage.published(job.name), "recipe", "digest")
        (claimed,) = queue.claim("delivery", "courier", 60)
        return claimed

    queue.dead(work(1), Kind.UNREADABLE, f"cannot be decoded: {PATIENT}")
    queue.skipped(work(2), Kind.REFUSED_BY_GUARD, "view: LATERAL")
    queue.dead(answer(work(3)), Kind.REFUSED_BY_PACS, "status A900")
    queue.sent(answer(work(5)))
    path = storage.incoming / "4"
    path.write_bytes(b"object 4")
    queue.put(Arrival("1.2.826.4", "1.2.840.10008.5.1.4.1.1.1", "SENDER", storage.keep(path), "recipe"))
    yield settings
    queue.close()

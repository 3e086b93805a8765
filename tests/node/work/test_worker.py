"""The real worker under the real supervisor, with a tiny model."""

from multiprocessing import forkserver

import pydicom
import pytest

from lucency.errors import ConfigError
from lucency.node.jobs import Arrival, Kind, State
from lucency.node.queue import open_queue
from lucency.node.storage import Storage
from lucency.node.work.supervisor import Supervisor
from node.ports import wait_until
from node.work import stand_ins

CR = "1.2.840.10008.5.1.4.1.1.1"


@pytest.fixture
def fresh_fork_server():
    """A fork server of this test's own, since modules are preloaded only when it starts."""
    forkserver._forkserver._stop()
    yield
    forkserver._forkserver._stop()


def test_radiographs_become_reports_and_poison_is_put_aside(settings_of, radiographs, tmp_path, fresh_fork_server):
    settings = settings_of(mem_mb=1000)
    queue, storage = open_queue(settings), Storage(settings.storage_root, "here")

    def put(file, uid, recipe):
        received = storage.incoming / "received"
        received.write_bytes(file.read_bytes())
        queue.put(Arrival(uid, CR, "CR1", storage.keep(received), recipe))

    broken = tmp_path / "broken.dcm"
    broken.write_bytes(radiographs[0].read_bytes()[:3000])
    uids = [str(pydicom.dcmread(file).SOPInstanceUID) for file in radiographs]
    with pytest.raises(ConfigError, match=r"nowhere\.pt: no weights there"):
        Supervisor(settings_of(weights="nowhere.pt"), "here", queue, courier=stand_ins.wait).start()
    supervisor = Supervisor(settings, "here", queue, courier=stand_ins.wait)
    said = supervisor.start()
    recipe = said["recipe"]
    assert (said["findings"], said["backend"]) == (3, "torch fp32")
    for file, uid in zip([broken, *radiographs], ["1.2.3", *uids], strict=True):
        put(file, uid, recipe)
    wait_until(lambda: queue.counts()[State.BUILT] == len(uids) and queue.counts()[State.DEAD] == 1, 60)
    supervisor.stop(30)
    assert queue.find("1.2.3", recipe).kind is Kind.UNREADABLE
    for uid in uids:
        job = queue.find(uid, recipe)
        (product,) = job.products
        report = pydicom.dcmread(storage.root / product)
        (study,) = report.CurrentRequestedProcedureEvidenceSequence
        assert study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == uid
        assert job.lease is None
    queue.close()

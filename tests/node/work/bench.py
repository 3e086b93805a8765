"""A job runner with a tiny model, and jobs for it."""

import pydicom
from pydicom.uid import generate_uid

from lucency.inference.folder import describe
from lucency.node.jobs import Arrival
from lucency.node.queue import open_queue
from lucency.node.storage import Storage
from lucency.node.work.preload import JobRunner, Predictor, Products  # all that a worker has imported by then

CR = "1.2.840.10008.5.1.4.1.1.1"


class Bench:
    """A runner, and jobs for it that are leased as a worker's are."""

    def __init__(self, settings):
        self.settings = settings
        self.queue = open_queue(settings)
        self.storage = Storage(settings.storage_root, "here")
        self.predictor = Predictor(settings)
        self.products = Products(self.predictor.parts)
        self.runner = JobRunner(settings, self.storage, self.predictor, self.products)

    def job(self, file, *, uid=None, sop_class=CR, recipe=None):
        received = self.storage.incoming / "received"
        received.write_bytes(file.read_bytes())
        uid = uid or describe(file)[0]["sop_instance_uid"] or generate_uid()
        path = self.storage.keep(received)
        self.queue.put(Arrival(uid, sop_class, "CR1", path, recipe or self.predictor.recipe))
        (job,) = self.queue.claim("work", "here/worker-1", 600)
        return job

    def run(self, file, **options):
        return self.runner.run(self.job(file, **options))


def changed(file, folder, **values):
    dataset = pydicom.dcmread(file)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    if uid := values.get("SOPInstanceUID"):
        dataset.file_meta.MediaStorageSOPInstanceUID = uid
    target = folder / "changed.dcm"
    dataset.save_as(target)
    return target

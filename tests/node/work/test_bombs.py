"""Files that are larger than they look."""

import numpy as np
import pydicom

from lucency.node.jobs import Kind, State
from node.work.bench import Bench, changed


def bomb(radiograph, folder, side):
    """A deflated file of less than 1 MB that holds `side` x `side` 16-bit pixels."""
    dataset = pydicom.dcmread(radiograph)
    dataset.Rows = dataset.Columns = side
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelData = np.zeros(side * side, np.uint16).tobytes()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    target = folder / "bomb.dcm"
    dataset.save_as(target)
    return target


def test_a_bomb_is_stopped_by_the_memory_limit_and_the_next_job_is_answered(settings_of, radiographs, tmp_path):
    bench = Bench(settings_of(mem_mb=256, attempts=2))
    file = bomb(radiographs[0], tmp_path, 10_000)
    assert file.stat().st_size < 1_000_000
    outcome = bench.run(file)
    assert (outcome.state, outcome.kind) == (State.QUEUED, Kind.MEMORY_LIMIT)
    assert "256 MB" in outcome.reason
    assert bench.run(radiographs[1]).state is State.BUILT
    bench.queue.close()


def test_huge_dimensions_without_the_pixels_are_unreadable(bench, radiographs, tmp_path):
    outcome = bench.run(changed(radiographs[0], tmp_path, Rows=65_535, Columns=65_535))
    assert (outcome.state, outcome.kind) == (State.DEAD, Kind.UNREADABLE)

"""Prediction and pixel caching over Ray on this machine: one worker and two in turn, and the same work without Ray.

python scripts/benchmarks/ray_scale.py --rounds 5 --json ray_scale.json

Workers have one thread each and are warm; each contestant does the same chunks, which for the cache are those of
`lucency cache --ray`. Figures are wall time, for CPU time does not see what runs side by side: the machine needs two
processors that nobody else uses, and the note says how busy it was. The image is a drawn chest of 3056 x 2544 pixels,
uncompressed, read again for each place in the list.
"""

import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from bench_parts.loaders import BUNDLE, SIZE
from bench_parts.measure import interleaved
from bench_parts.options import parser
from bench_parts.radiographs import encoded, phantom
from bench_parts.rows import Row, report

from lucency.data.pixel_cache import PixelSettings
from lucency.release.golden import BundlePipeline, seeded_weights
from lucency.scale import cluster, spread
from lucency.scale.caching import CHUNK_FILES, rows_of_chunk
from lucency.scale.chunk_predictor import predict_chunk
from lucency.scale.cutting import cut
from lucency.scale.inference_job import InferenceJob
from lucency.terminal import run_script

BATCH = 4
TARGET = 1.7
MORE = 8
"""Times more images for the cache, which costs less for each."""


def prediction(image: Path, weights: Path, folder: Path) -> InferenceJob:
    """The bundle's inference workflow, by PyTorch in fp32, as `lucency predict --ray` sends it to its workers."""
    places = {"dataset_dir": str(image), "weights": str(weights), "output_dir": str(folder / "out")}
    options = {"batch_size": BATCH, "backend": "torch", "progress_bar": False}
    job = InferenceJob.of_bundle(BUNDLE, overrides=places | options)
    (table,) = job.parts("predictions")
    return replace(job, head=table.head)


def compare(
    what: str, function: Callable[[Any, Any], object], job: object, items: Sequence[object], size: int, rounds: int
) -> list[Row]:
    """Two workers beside one, and one beside this process, all in chunks of `size`."""
    chunks = list(cut(items, size))
    contestants: dict[str, Callable[[], object]] = {
        "no Ray": lambda: [function(job, chunk) for chunk in chunks],
        "1 worker": lambda: deque(spread(function, job, chunks, workers=1), maxlen=0),
        "2 workers": lambda: deque(spread(function, job, chunks, workers=2), maxlen=0),
    }
    busy = f"load average before {what}: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    least = interleaved(contestants, rounds, warm=2, clock=time.perf_counter)
    ms = {name: 1000 * seconds / len(items) for name, seconds in least.items()}
    row = partial(Row, "7", unit="wall ms an image", note=busy)
    return [
        row(f"{what} over Ray, 2 workers", "1 worker", ms["1 worker"], ms["2 workers"], TARGET),
        row(f"{what} over Ray, 1 worker", "the same without Ray", ms["no Ray"], ms["1 worker"]),
    ]


def main() -> None:
    """Compare prediction, then caching."""
    options = parser(__doc__, rounds=5)
    options.add_argument("--images", type=int, default=64, help="in a round; default: %(default)s")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work, cluster("local", workers=2):
        folder = Path(work)
        image = folder / "image.dcm"
        image.write_bytes(encoded(phantom(0), "uncompressed", 12))
        job = prediction(image, seeded_weights(BundlePipeline(BUNDLE), 0, folder), folder)
        records = [{"image": str(image), "file": f"{number}.dcm"} for number in range(chosen.images)]
        rows = compare("prediction", predict_chunk, job, records, BATCH, chosen.rounds)
        files = [str(image)] * chosen.images
        rows += compare("pixel cache", rows_of_chunk, PixelSettings(SIZE), files * MORE, CHUNK_FILES, chosen.rounds)
    report(rows, chosen.json)


if __name__ == "__main__":
    run_script(main, resumes=False)

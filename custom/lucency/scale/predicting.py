"""The driver's part of `lucency predict` over Ray: it lists the files, hands out chunks and alone writes the table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cluster import cluster, import_ray
from .cutting import cut
from .spread import spread

if TYPE_CHECKING:
    from ..results.predictions import PredictionTable
    from .chunk_predictor import Record
    from .inference_job import InferenceJob

BATCHES = 8
"""At most so many batches make a chunk: what a killed worker has to do again."""

SHARES = 4
"""At least so many chunks each worker gets, if there are batches enough, so that none waits long for the last."""


def predict_over_ray(
    bundle: str | Path,
    *,
    address: str,
    groups: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    workers: int | None = None,
) -> "PredictionTable":
    """Predict a folder on a Ray cluster, as the bundle's inference workflow does on one machine.

    Every machine must see the folder of the radiographs, the bundle, the weights, the output folder and the folder in
    which the command runs under the same paths, and have the same lucency installed. Tables are the same, byte for
    byte, as those of one machine that computes the same: the batches are the same, so processors of the same kind
    with as many threads a process round alike. What has its result when the run is interrupted keeps it, as there.

    Args:
        bundle: folder of the bundle.
        address: as `cluster` takes it.
        groups: chosen options, such as ``{"queries": "wan"}``.
        overrides: configuration keys to values; `num_workers` has no effect, for a worker is one process.
        workers: at most so many at once; by default one for each processor of the cluster.

    Returns:
        The finished table.

    Raises:
        ConfigError: a file or key that is not there, or a worker finds other files than this machine.
        LucencyError: Ray is not installed, nothing answers at the address, or the cluster is lost on the way.
    """
    import_ray()  # says that it is missing before seconds are spent
    from tqdm import tqdm

    from .chunk_predictor import predict_chunk
    from .inference_job import InferenceJob

    job = InferenceJob.of_bundle(bundle, groups, overrides)
    table: PredictionTable
    with cluster(address, workers) as ray:
        table, records, batch_size, hides_progress = _read(job)
        pending = unfinished(records, batch_size, table)
        size = chunk_size(len(pending), batch_size, workers or int(ray.cluster_resources().get("CPU", 1)))
        answered_by = set()
        job = replace(job, head=table.head)
        with tqdm(total=len(pending), desc="inference", unit="file", disable=hides_progress) as bar:
            for chunk, answers in spread(predict_chunk, job, cut(pending, size), workers):
                table.add([result for result in answers.results if not table.is_done(result.file)])
                answered_by.add(answers.answered_by or "")
                bar.update(len(chunk))
    table.finish(", ".join(sorted(answered_by - {""})) or None)
    return table


def _read(job: "InferenceJob") -> tuple["PredictionTable", list["Record"], int, bool]:
    table, records, batch_size, progress_bar = job.parts("predictions", "dataset::data", "batch_size", "progress_bar")
    if table.statuses:  # the journal left files out; the batches were cut from the list of all
        (records,) = job.parts("dataset::data", changes={"dataset::data::journal": None})
    return table, records, batch_size, not progress_bar


def unfinished(records: Sequence["Record"], batch_size: int, table: "PredictionTable") -> list["Record"]:
    """Whole batches in which a file lacks its result; if none does, the last one, which tells what computes.

    A batch that was interrupted half-way is done again whole, because a network may round otherwise in a smaller one.
    """
    batches = list(cut(records, batch_size))
    pending = [batch for batch in batches if not all(table.is_done(record["file"]) for record in batch)]
    return [record for batch in pending or batches[-1:] for record in batch]


def chunk_size(files: int, batch_size: int, workers: int) -> int:
    """How many files make a chunk: whole batches, so that no file meets others in its batch than on one machine.

    Example:
        >>> chunk_size(10_000, 16, workers=2), chunk_size(100, 16, workers=2), chunk_size(3, 16, workers=2)
        (128, 16, 16)
    """
    batches = -(-files // batch_size)
    return batch_size * min(max(batches // (SHARES * workers), 1), BATCHES)

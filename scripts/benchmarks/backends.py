"""Time of every installed backend on this CPU, interleaved, and how far its probabilities lie from torch.

python scripts/benchmarks/backends.py bundles/cxr_spml_classification --rounds 9
"""

import argparse
import tempfile
from pathlib import Path

import torch

from lucency.inference.backends import BOUNDS, RUNTIMES, Export, export_network
from lucency.inference.backends.timing import time_answers
from lucency.release.golden import BundlePipeline, golden_images, seeded_weights

Times = dict[tuple[str, str], float]


def measure(pipeline: BundlePipeline, threads: list[int], batches: list[int], rounds: int) -> None:
    """Export once, then time every combination of threads and batch size."""
    images = pipeline.preprocess(golden_images(pipeline.bundle))
    with tempfile.TemporaryDirectory() as work:
        weights, folder = seeded_weights(pipeline, 0, Path(work)), Path(work) / "exports"
        network = pipeline.network(weights)
        exports = export_network(
            network, images, weights=weights, folder=folder, precisions=list(BOUNDS), rounds=0, report=print
        )
        good = [export for export in exports.exports if export.status == "ok"]
        columns: dict[tuple[int, int], Times] = {}
        for count in threads:
            answers = {
                export.key: RUNTIMES[export.backend].open(
                    [folder / name for name in export.files], network, export.precision, count
                )
                for export in good
            }
            for batch in batches:
                columns[count, batch] = time_answers(answers, images[torch.arange(batch) % len(images)], rounds)
    print(f"\n{exports.device}, {images.shape[-1]} x {images.shape[-1]}, {rounds} rounds")
    for export in exports.exports:
        if export.status != "ok":
            print(f"{export.backend} {export.precision}: {export.reason}")
    print_table(good, columns)


def print_table(good: list[Export], columns: dict[tuple[int, int], Times]) -> None:
    """Markdown: milliseconds an image, in brackets how many times as fast as torch in fp32 in the same rounds."""
    heads = [f"{count} thread{'s' * (count > 1)}, batch {batch}" for count, batch in columns]
    print("\n| backend | precision | largest difference |", " | ".join(heads), "|\n" + "|---" * (3 + len(heads)) + "|")
    for export in good:
        cells = [
            f"{times[export.key]:.1f} ({times['torch', 'fp32'] / times[export.key]:.2f} x)"
            for times in columns.values()
        ]
        print(f"| {export.backend} | {export.precision} | {export.max_difference:.1e} |", " | ".join(cells), "|")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    measure(BundlePipeline(arguments.bundle), arguments.threads, arguments.batch, arguments.rounds)


if __name__ == "__main__":
    main()

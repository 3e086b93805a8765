"""Batches out of a cache: ours and MONAI's in turn; and how a cache opens that holds a million images.

python scripts/benchmarks/feed.py --rounds 5 --json feed.json

Every contestant gives one epoch of batches of 32 images of 224 x 224 with 14 labels, in one process, from a cache that
was filled before, with the files in the page cache; a figure is CPU time an image. For training the order is shuffled,
and MONAI's chains end with a random step that never acts: with one, CacheDataset copies what it gives, unless told not
to. MONAI's give float32, ours uint8, which goes to the device as it is; what the division costs on the CPU has a row of
its own. The cache of a million images is a hole in a file under keys of real files: opening it and finding rows is
real, its pixels are zeros.
"""

import tempfile
from pathlib import Path

import torch
from bench_parts.measure import interleaved
from bench_parts.options import parser
from bench_parts.rows import Row, report
from feed_parts.feeds import OURS, OURS_FLOAT, label, monai, ours, write_images
from feed_parts.many import in_new_process

from lucency.terminal import run_script

BATCH, SIZE = 32, 224
TARGETS = {"CacheDataset": 25.0, "PersistentDataset": 50.0}
OPEN_AT_MOST_MS = 1000.0
FEW, MANY, BATCHES = 10_000, 1_000_000, 500
MOST_GROWTH_MIB = 8.0
"""More than a process's memory wavers by, and much less than the 770 MiB that the batches hold together."""


def feed(work: Path, images: int, rounds: int, random: bool) -> list[Row]:
    """Each of MONAI's caches beside ours, for training or for evaluation."""
    records = write_images(work / "images", images, SIZE)
    mine = ours(records, work / "cache", SIZE, BATCH, random)
    peers = monai(records, work / f"monai-{random}", SIZE, BATCH, random)
    ms = {name: 1000 * least / images for name, least in interleaved({**mine, **peers}, rounds).items()}
    what = f"cache to batch of {BATCH}, {'training' if random else 'evaluation'}"
    rows = [Row("2", what, label(name), ms[name], ms[OURS], TARGETS[name.partition(",")[0]]) for name in peers]
    cached = "CacheDataset"
    return [*rows, Row("2", f"{what}, divided by 255 on the CPU", label(cached), ms[cached], ms[OURS_FLOAT])]


def size(work: Path) -> list[Row]:
    """Opening, and memory, of few and of many images."""
    few, many = (in_new_process(work / f"{images}", images, BATCHES) for images in (FEW, MANY))
    names = {FEW: few, MANY: many}
    rows = []
    for images, figures in names.items():
        about = f"of {images:,} images"
        rows += [
            Row("2", f"open a cache {about}", ours_ms=1000 * figures["open"], at_most=OPEN_AT_MOST_MS, unit="ms"),
            Row("2", f"open a cache {about}, to the first batch", ours_ms=1000 * figures["first_batch"], unit="ms"),
            Row(
                "2",
                f"find the rows {about}, whose files are all looked at",
                ours_ms=1000 * figures["find_cpu"],
                unit="CPU-ms",
            ),
            Row("2", f"memory of the process that opened a cache {about}", ours_ms=figures["rss"], unit="MiB"),
            Row(
                "2",
                f"memory that {BATCHES * BATCH:,} images {about} add",
                ours_ms=figures["growth"],
                at_most=MOST_GROWTH_MIB,
                unit="MiB",
            ),
        ]
    return rows


def main() -> None:
    """Compare, then grow."""
    options = parser(__doc__, rounds=5)
    options.add_argument("--images", type=int, default=640, help="images that each cache holds; default: %(default)s")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work:
        rows = [row for random in (True, False) for row in feed(Path(work), chosen.images, chosen.rounds, random)]
        rows += size(Path(work))
    report(rows, chosen.json)


if __name__ == "__main__":
    run_script(main, resumes=False)

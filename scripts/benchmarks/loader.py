"""From a file to a tensor at 224: ours, TorchXRayVision and MONAI in turn, and how exact ours is.

python scripts/benchmarks/loader.py --rounds 5 --json loader.json

The radiographs have 3056 x 2544 pixels of 12 and 15 bits: a drawn chest, and the files of `--data`, enlarged.
Each contestant loads all files of a transfer syntax, one after another; a figure is the CPU time of one image, on one
thread, with the files in the page cache. TorchXRayVision is no dependency; to compare with it:

    pip install torchvision torchxrayvision opencv-python-headless
"""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from bench_parts.exactness import errors, reference
from bench_parts.loader_stages import stages
from bench_parts.loaders import CV2, DEFAULT, MONAI, SIZE, TUNED, Loader, label, ours, peers, preprocessing
from bench_parts.measure import interleaved
from bench_parts.options import image_parser
from bench_parts.radiographs import write_radiographs
from bench_parts.rows import Row, report

from lucency.terminal import run_script
from lucency.transforms import read_radiograph

ALL_OURS = OURS, EXACT, CHAIN = "read_radiograph", "exact", "the bundle's preprocessing"
AT_MOST_MS = {"uncompressed": 6.0}
TARGETS = {
    "uncompressed": {DEFAULT: 30.0, CV2: 5.0, MONAI: 20.0, TUNED: 8.0},
    "RLE": {DEFAULT: 8.0},
    "JPEG lossless": {DEFAULT: 4.0},
    "JPEG-LS": {DEFAULT: 3.0},
    "JPEG 2000": {DEFAULT: 16.0},
}
REDUCED = ("JPEG 2000", "HTJ2K")
"""Syntaxes that ours does not decode to the last bit unless it is asked to."""
SLOW = "JPEG 2000"
"""A round of it takes ten times as long as of another; the others have three times as many."""
LARGEST_ERROR, LARGEST_RMS = 1e-5, 1 / 255


def load_all(loader: Loader, files: Sequence[Path]) -> None:
    """Load every file and forget it."""
    for file in files:
        loader(file)


def speed(syntax: str, files: Sequence[Path], loaders: dict[str, Loader], rounds: int) -> list[Row]:
    """Each peer beside ours, for the files of one syntax."""
    loaders = {name: loader for name, loader in loaders.items() if name != EXACT or syntax in REDUCED}
    contestants: dict[str, Callable[[], object]] = {n: partial(load_all, load, files) for n, load in loaders.items()}
    ms = {name: 1000 * least / len(files) for name, least in interleaved(contestants, rounds).items()}
    what, goals = f"file to tensor, {syntax}", TARGETS.get(syntax, {})
    rows = [Row("1", what, ours_ms=ms[OURS], at_most=AT_MOST_MS.get(syntax))]
    rows += [Row("1", what, label(name), ms[name], ms[OURS], goals.get(name)) for name in ms if name not in ALL_OURS]
    return [*rows, *(Row("1", f"{what}, {name}", ours_ms=ms[name]) for name in (EXACT, CHAIN) if name in ms)]


def exactness(syntax: str, files: Sequence[Path]) -> list[Row]:
    """The largest error of any file of one syntax against float64: decoded to the last bit, and as is the default."""

    def worst(exact: bool) -> list[float]:
        images = [(file, read_radiograph(file, spatial_size=SIZE, exact=exact)) for file in files]
        return [max(column) for column in zip(*(errors(i, reference(f, i.shape)) for f, i in images), strict=True)]

    unit, (largest, *_), (_, whole, inside) = "of the range", worst(exact=True), worst(exact=False)
    rows = [Row("1", f"largest error, {syntax}, exact", ours_ms=largest, at_most=LARGEST_ERROR, unit=unit)]
    if syntax in REDUCED:
        rows.append(Row("1", f"RMS error inside the image, {syntax}", ours_ms=inside, at_most=LARGEST_RMS, unit=unit))
        rows.append(Row("1", f"RMS error of the whole image, {syntax}", ours_ms=whole, unit=unit))
    return rows


def main() -> None:
    """Compare, syntax by syntax."""
    chosen = image_parser(__doc__, rounds=5).parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work:
        files = write_radiographs(chosen.keep or Path(work), chosen.data)
        loaders = {OURS: ours(), EXACT: ours(exact=True), CHAIN: preprocessing(), **peers()}
        rows: list[Row] = []
        for syntax, some in files.items():
            rounds = chosen.rounds if syntax == SLOW else 3 * chosen.rounds
            rows += speed(syntax, some, loaders, rounds) + exactness(syntax, some)
            print(f"{syntax}: done", flush=True)
        rows += stages(files["uncompressed"][0], SIZE, 5 * chosen.rounds)
    report(rows, chosen.json)


if __name__ == "__main__":
    run_script(main, resumes=False)

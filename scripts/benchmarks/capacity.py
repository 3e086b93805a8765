"""What archives of 10,000 to 10 million radiographs take: time, storage, memory and cost, from measured rates.

python scripts/benchmarks/loader.py --json loader.json
python scripts/benchmarks/inference.py --json inference.json
python scripts/benchmarks/ray_scale.py --json ray_scale.json
python scripts/benchmarks/capacity.py --rates loader.json inference.json ray_scale.json --price-per-core-hour 0.05

Prints tables in markdown. What the driver needs for each file is measured here; everything else is from those files.
Cores, what the storage delivers, and the price are yours to give.
"""

import argparse
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench_parts.markdown import inserted
from bench_parts.radiographs import BITS, encoded, phantom
from capacity_parts.driver import measure
from capacity_parts.plan import Circumstances, markdown, rows
from capacity_parts.rates import figure, measured

from lucency.data.pixel_cache import PixelSettings
from lucency.data.pixel_cache.fingerprints import KEY_BYTES
from lucency.terminal import run_script

SIZES = 10_000, 224_316, 1_000_000, 10_000_000
"""The second is CheXpert, by its paper's abstract."""
SYNTAXES = "uncompressed", "JPEG 2000"
READING = {
    "uncompressed": "uncompressed",
    "JPEG 2000": "JPEG 2000, exact",
    "JPEG 2000, --no-exact": "JPEG 2000",
}
"""How `lucency cache` reads, and the rate of loader.py that says how long that takes."""
CACHES = {"224, 8 bits": PixelSettings(224), "512, 16 bits": PixelSettings(512, depth=16)}
SCALING = "prediction over Ray, 2 workers"
FINDINGS = 14


def file_bytes(syntax: str) -> float:
    """Of a drawn chest as the benchmarks read it, on average over the depths."""
    return sum(len(encoded(phantom(0), syntax, bits)) for bits in BITS) / len(BITS)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", type=Path, nargs="+", required=True, metavar="FILE", help="figures of benchmarks")
    parser.add_argument("--cores", type=int, default=16, help="of all machines together; default: %(default)s")
    parser.add_argument("--gb-per-s", type=float, default=1.0, help="the archive's storage; default: %(default)s")
    parser.add_argument("--price-per-core-hour", type=float, help="in your currency; without one, no cost is shown")
    parser.add_argument("--efficiency", type=float, help="of a core among others; else measured, two beside one")
    parser.add_argument("--backend", default="ONNX Runtime fp32", help="that predicts; default: %(default)s")
    parser.add_argument("--page", type=Path, help="puts the tables between the marks of this page, too")
    parser.add_argument("--files", type=int, default=20_000, help="for the driver's share; default: %(default)s")
    return parser.parse_args()


def main() -> None:
    """Measure the driver, and multiply."""
    chosen = arguments()
    found = measured(chosen.rates)
    works = {f"cache, {what}": f"file to tensor, {rate}" for what, rate in READING.items()}
    works |= {f"predict, {s}": f"DICOM to probabilities, {s}, {chosen.backend}" for s in SYNTAXES}
    efficiency = chosen.efficiency or min(1.0, (figure(found, SCALING)[0].ratio or 0) / 2)
    here = Circumstances(chosen.cores, efficiency, chosen.gb_per_s, chosen.price_per_core_hour)
    sizes = {syntax: file_bytes(syntax) for syntax in SYNTAXES}
    rates, sources = {}, ["| rate | measured | by |", "| --- | ---: | --- |"]
    for work, what in works.items():
        row, by = figure(found, what)
        rates[work] = row.ours_ms or 0.0, sizes[work.split(", ")[1]]
        sources.append(f"| {what} | {row.ours_ms:.1f} {row.unit} | `{by}` |")
    with tempfile.TemporaryDirectory() as folder:
        driver = measure(Path(folder), chosen.files, FINDINGS)
    source = "given by `--efficiency`" if chosen.efficiency else f"`{figure(found, SCALING)[1]}`, half of its ratio"
    sources.append(f"| efficiency of a core among others | {efficiency:.2f} | {source} |")
    by = "`python scripts/benchmarks/capacity.py`"
    sources += [f"| a file, {syntax} | {size / 1e6:.1f} MB | {by} |" for syntax, size in sizes.items()]
    sources += [f"| driver, {name} | {amount:,.0f} bytes a file | {by} |" for name, amount in asdict(driver).items()]
    caches = {name: settings.row_bytes + KEY_BYTES for name, settings in CACHES.items()}
    tables = "\n\n".join(["\n".join(sources), markdown(rows(rates, caches, driver, here), SIZES)])
    print(tables)
    if chosen.page:
        chosen.page.write_text(inserted(chosen.page.read_text(), tables))


if __name__ == "__main__":
    run_script(main, resumes=False)

"""Time and memory of assembling many rows from five generated sources: reading, merging, splitting, writing.

OMP_NUM_THREADS=2 python scripts/benchmarks/assemble_scale.py --rows 1000000

The sources are study tables, as CSV files, of five hospitals with different findings; two of them share images. The
files are generated first and do not count; the command runs in a process of its own, whose wall time and peak memory
are printed with the size of what it wrote.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from lucency.data.table_files import write_raw
from lucency.labels import CHEXPERT14, NIH14, LabelState, vocabulary

FINDINGS = {  # of sources as large as each other; about 14 to 28 of 40 each, as of the real archives
    "first": NIH14,
    "second": CHEXPERT14,
    "third": tuple(vocabulary().ids[:28]),
    "fourth": tuple(vocabulary().ids[-22:]),
    "fifth": ("effusion", "pneumothorax", "lung_opacity", "no_finding"),
}
SHARES = (0.05, 0.25, 0.03, 0.67)  # of positive, negative, uncertain, unmentioned
IMAGES_A_PATIENT = 3.5  # CheXpert 224,316 of 65,240; NIH 112,120 of 30,805
SHARED = 0.2  # of the images of the first source are in the second one too


def source(name: str, rows: int, seed: int) -> pd.DataFrame:
    """Study table of random labels."""
    random = np.random.default_rng([seed, list(FINDINGS).index(name)])
    prefix = "first" if name == "second" else name
    number = np.arange(rows) + (round((1 - SHARED) * rows) if name == "second" else 0)
    patient = (number / IMAGES_A_PATIENT).astype(int)
    about = pd.DataFrame(
        {
            "image": pd.Series(number).map(f"{prefix}/{{:08d}}.png".format),
            "patient": pd.Series(patient).map("{:07d}".format),
            "study": pd.Series(number).map("{:08d}".format),
            "view": random.choice(["PA", "AP"], rows),
            "age": random.integers(18, 95, rows),
            "sex": np.array(["F", "M"])[patient % 2],
            "source": name,
        }
    )
    states = np.array([state.value for state in LabelState])
    return about.assign(**{finding: random.choice(states, rows, p=SHARES) for finding in FINDINGS[name]})


def generate(folder: Path, rows: int, seed: int) -> list[Path]:
    """Write the label files and source files; return the latter."""
    sources = []
    for number, name in enumerate(FINDINGS):
        write_raw(source(name, rows // 5 + (number < rows % 5), seed), folder / f"{name}.csv")
        patients = "first" if name == "second" else name
        sources.append(folder / f"{name}.yaml")
        sources[-1].write_text(f"importer: table\nlabels: {name}.csv\npatients: {patients}\n")
    return sources


def main() -> None:
    """Print wall time, peak memory and the command's own last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", default="train=0.7,val=0.1,test=0.2")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = generate(folder, arguments.rows, arguments.seed)
        command = [sys.executable, "-m", "lucency", "assemble", *map(str, sources), "--split", arguments.split]
        command += ["--hash", "none", "--out", str(folder / "table.parquet")]
        start = time.perf_counter()
        done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
        seconds = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak = used.ru_maxrss / 2**20  # Linux counts in KiB
        print(done.stdout.strip().replace(f"{folder}/", ""))
        size = (folder / "table.parquet").stat().st_size / 1e6
        print(
            f"{arguments.rows} rows: {seconds:.1f} s, of which {used.ru_utime + used.ru_stime:.1f} s of CPU time; "
            f"peak {peak:.2f} GiB; table {size:.0f} MB"
        )


if __name__ == "__main__":
    main()

"""Size and speed of a ledger of a large archive: import, questions, verdicts, tables.

python scripts/benchmarks/ledger.py --images 200000

CPU seconds of one process; wall-clock time depends on how fast the disk confirms.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lucency.labels import NIH14, LabelState
from lucency.refine import LabelEntry, Ledger

SHARES = {"positive": 0.05, "negative": 0.4, "uncertain": 0.05, "unmentioned": 0.5}


def table(images: int, rng: np.random.Generator) -> pd.DataFrame:
    """A study table with random labels of NIH's 14 findings."""
    rows = np.arange(images)
    frame = pd.DataFrame({"image": [f"images/{row:08d}.png" for row in rows]})
    about = {"patient": rows // 4, "study": rows // 2, "view": rng.choice(["PA", "AP"], images), "age": 61.0}
    frame = frame.assign(**about, sex=rng.choice(["F", "M"], images), source="nih", split="train")
    states = np.array(list(SHARES), dtype=object)
    for finding in NIH14:
        frame[finding] = states[rng.choice(len(states), images, p=list(SHARES.values()))]
    return frame.astype({column: str for column in frame if column != "age"})


def timed(what: str, work: Callable[[], Any]) -> Any:
    """Run `work` and print what it costs."""
    begun = time.process_time()
    result = work()
    print(f"{what:<40} {time.process_time() - begun:6.2f} s CPU")
    return result


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=200_000)
    images = parser.parse_args().images
    rng = np.random.default_rng(0)
    frame = table(images, rng)
    findings = list(frame.columns[8:])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        ledger = timed(f"import {images:,} x {len(findings)}", lambda: Ledger.create(path, frame))
        size = path.stat().st_size
        asked = frame["image"].iloc[np.sort(rng.permutation(images)[: images // 50])]
        cells = [(image, finding) for image in asked for finding in findings]
        timed(f"ask {len(cells):,} (2 % of the images)", lambda: ledger.ask(1, cells))
        said = [
            LabelEntry(image=image, finding=finding, state=LabelState(state).value, source="", reader=reader, round=1)
            for reader in ("R1", "R2")
            for (image, finding), state in zip(cells, rng.choice(list(SHARES)[:3], len(cells)), strict=True)
        ]
        timed(f"record {len(said):,} (2 readers)", lambda: ledger.record(said))
        timed("table of round 0", lambda: ledger.frame(0))
        timed("table of round 1", lambda: ledger.frame(1))
        timed("history of one image", lambda: ledger.history(image=cells[0][0]))
        ledger.close()
        print(f"{size / 1e6:.1f} MB after the import, {path.stat().st_size / 1e6:.1f} MB in the end")
        frame.to_csv(csv := Path(folder) / "table.csv", index=False)
        print(f"{csv.stat().st_size / 1e6:.1f} MB as CSV")


if __name__ == "__main__":
    main()

"""Draw the picture of the README from the results of `make demo`: an image, what speaks for a finding, the answers.

Usage: python scripts/readme_picture.py runs/demo docs/picture.png
"""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from PIL import Image

from lucency.transforms import read_radiograph

mpl.use("Agg")
import matplotlib.pyplot as plt

RAISED, QUIET = "#c0392b", "#8a8f98"


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path, help="folder of the demo")
    parser.add_argument("picture", type=Path, help="PNG file to write")
    return parser.parse_args()


def called(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings that an image is said to show."""
    return [answer for answer in result["findings"] if answer["decision"] == "present"]


def main() -> None:
    """Take the image that is called positive most firmly."""
    chosen = parse()
    results = json.loads((chosen.demo / "predictions" / "predictions.json").read_text())["results"]
    result = max(results, key=lambda one: max((answer["probability"] for answer in called(one)), default=-1.0))
    best = max(called(result), key=lambda answer: answer["probability"])
    heat = chosen.demo / "predictions" / "heatmaps" / result["file"] / f"{best['finding']}.png"
    figure, (image, map_of, bars) = plt.subplots(
        1, 3, figsize=(11, 3.7), width_ratios=[1, 1, 1.25], layout="constrained"
    )
    image.imshow(read_radiograph(chosen.demo / "incoming" / result["file"]), cmap="gray")
    image.set_title("DICOM in")
    map_of.imshow(np.asarray(Image.open(heat)))
    map_of.set_title(f"what speaks for {best['finding']}")
    for axis in (image, map_of):
        axis.set_axis_off()
    answers = sorted(result["findings"], key=lambda answer: answer["probability"])
    colours = [RAISED if answer["decision"] == "present" else QUIET for answer in answers]
    bars.barh([a["finding"].replace("_", " ") for a in answers], [a["probability"] for a in answers], color=colours)
    for place, answer in enumerate(answers):
        bars.text(answer["probability"] + 0.01, place, f"{answer['probability']:.2f}", va="center", fontsize=7)
    bars.set(xlim=(0, 1), title="calibrated probabilities; red: called present")
    bars.tick_params(labelsize=8)
    bars.spines[["top", "right"]].set_visible(False)
    figure.savefig(chosen.picture, dpi=110)


if __name__ == "__main__":
    main()

"""Draw a contact sheet of the phantom: normal images, then each finding from mild to gross in one and the same body.

Usage: python scripts/phantom_contact_sheet.py [sheet.png] [--size 256] [--seed 0] [--columns 6]
"""

import argparse
import textwrap
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
from tqdm import tqdm

from lucency.data.phantom import PhantomCase, draw, sample_case
from lucency.labels import NIH14, vocabulary

mpl.use("Agg")
import matplotlib.pyplot as plt


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sheet", nargs="?", type=Path, default=Path("phantom.png"), help="PNG file to write")
    parser.add_argument("--size", type=int, default=256, help="pixels a side of each image")
    parser.add_argument("--seed", type=int, default=0, help="seed of the phantom")
    parser.add_argument("--columns", type=int, default=6, help="images in a row")
    return parser.parse_args()


def rows(seed: int, columns: int) -> list[tuple[str, list[PhantomCase]]]:
    """Cases of each row: normal, as drawn (with whatever they have), then one row a finding."""
    cases = [sample_case(index, seed) for index in range(40 * columns)]
    one_each = [case for case in cases if case.follow_up == 0]
    normal = [replace(case, severity={}) for case in one_each[:columns]]
    result = [("normal", normal), ("as drawn", [case for case in one_each if len(case.severity) > 1][:columns])]
    for number, finding in enumerate(NIH14):
        shown = []
        for column in range(columns):
            body = one_each[(number * columns + column // 2) % len(one_each)]  # two severities of each body
            severity = {finding: (0.15, 0.9, 0.35, 1.0, 0.5, 0.75)[column % 6]}
            shown.append(replace(body, severity=severity))
        result.append((vocabulary().get(finding).display, shown))
    return result


def caption(case: PhantomCase) -> str:
    """View, sex and age, then what the image shows, in lines that fit over it."""
    shown = ", ".join(f"{name} {value:.2f}" for name, value in case.severity.items())
    return textwrap.fill(f"{case.view} {case.sex}{case.age} {shown}", 46)


def main() -> None:
    """Draw the sheet."""
    arguments = parse()
    table = rows(arguments.seed, arguments.columns)
    figure, axes = plt.subplots(len(table), arguments.columns, figsize=(2.6 * arguments.columns, 2.8 * len(table)))
    with tqdm(total=axes.size, desc="contact sheet", unit="image") as bar:
        for row, (title, cases) in zip(axes, table, strict=True):
            for axis, case in zip(row, cases, strict=True):
                axis.imshow(draw(case, arguments.size), cmap="gray", vmin=0, vmax=1)
                axis.set_title(caption(case), fontsize=6)
                axis.set_axis_off()
                bar.update()
            row[0].text(-0.04, 0.5, title, rotation=90, ha="right", va="center", transform=row[0].transAxes, fontsize=8)
    figure.tight_layout(pad=0.3)
    figure.savefig(arguments.sheet, dpi=arguments.size / 2.4)
    print(f"wrote {arguments.sheet}")


if __name__ == "__main__":
    main()

"""The command line that every benchmark has."""

import argparse
from pathlib import Path


def parser(about: str | None, rounds: int) -> argparse.ArgumentParser:
    """A parser with `--rounds` and `--json`; `about` is the docstring of the script."""
    options = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=rounds, help="of which the best counts; default: %(default)s")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file, too")
    return options


def image_parser(about: str | None, rounds: int) -> argparse.ArgumentParser:
    """The same for benchmarks that `radiographs` makes images for."""
    options = parser(about, rounds)
    options.add_argument("--data", type=Path, nargs="+", default=[], help="radiographs, to be enlarged and encoded")
    options.add_argument("--keep", type=Path, metavar="FOLDER", help="keeps the images for the next run")
    return options

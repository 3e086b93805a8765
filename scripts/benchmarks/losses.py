"""Compare every loss of the bundles on equal terms, on labels of which one positive an image is left.

python scripts/benchmarks/losses.py RECIPE.yaml TABLE --out FOLDER --size 64 --workers 2

Interrupted, it goes on where it was. What it does and what came out: docs/explanation/losses-compared.md. Recipes are
beside this file, in recipes/.
"""

import argparse
import shlex
import sys
from pathlib import Path

import numpy as np

from lucency.comparison import (
    Recipe,
    Study,
    compare,
    image_array,
    loss_options,
    single_positive_study,
    write_comparison,
)
from lucency.data import read_study_table, table_fingerprint
from lucency.errors import ConfigError
from lucency.terminal import run_script

ROOT = Path(__file__).parents[2]


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path, help="YAML file with what is the same for all losses")
    parser.add_argument("table", type=Path, help="study table with complete labels and column split")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs and the results")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--size", type=int, help="train on the images, at so many pixels a side")
    what.add_argument("--features", type=Path, help="train on a file made by frozen_features.py")
    parser.add_argument("--name", help="of the data, for the summary; the table's folder if not given")
    parser.add_argument("--unmentioned", default="unknown", help="the table's unmentioned labels; negative for NIH")
    parser.add_argument("--workers", type=int, default=1, help="processes of one thread each")
    parser.add_argument("--replicates", type=int, default=1000, help="resamples of the intervals")
    return parser.parse_args()


def features_of(file: Path, table: Path) -> np.ndarray:
    """Features (N, F) in the order of the table, or an error if they belong to another one."""
    with np.load(file, allow_pickle=False) as content:
        if str(content["fingerprint"]) != table_fingerprint(read_study_table(table, check_files=False)):
            raise ConfigError(f"{file}: was made from another table than {table}; run frozen_features.py again")
        return np.asarray(content["features"])


def run(given: argparse.Namespace) -> None:
    """Prepare, compare, write."""
    recipe = Recipe.read(given.recipe)
    options = loss_options(recipe.losses, ROOT / "bundles")
    if given.features:
        inputs = features_of(given.features, given.table)
    else:
        inputs = image_array(given.table, given.size, cache=given.out, progress=True)
    study: Study = single_positive_study(given.table, inputs, unmentioned=given.unmentioned, name=given.name)
    comparison = compare(study, options, recipe, given.out, workers=given.workers, progress=True)
    command = f"python {shlex.join(sys.argv)}"
    print(write_comparison(comparison, given.out, command=command, replicates=given.replicates))


if __name__ == "__main__":
    run_script(lambda: run(parse()))

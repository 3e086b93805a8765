"""Climb from cross entropy to label correlations, rung by rung, on identical folds of patients.

python scripts/benchmarks/correlation.py PLAN.yaml TABLE --out FOLDER --maps MAPS.npy

Interrupted, it goes on where it was. What it does and what came out: docs/explanation/label-correlation.md. Plans are
beside this file, in recipes/correlation_*.yaml.
"""

import argparse
import shlex
import sys
from pathlib import Path

from lucency.comparison import (
    BCE,
    CorrelationPlan,
    cross_validate,
    fold_studies,
    image_array,
    read_feature_maps,
    write_correlation_ladder,
)
from lucency.terminal import run_script


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path, help="YAML file with folds, rungs and what is the same for all")
    parser.add_argument("table", type=Path, help="study table with complete labels")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs and the results")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--size", type=int, help="train on the images, at so many pixels a side")
    what.add_argument("--maps", type=Path, help="train on a file made by frozen_features.py --maps")
    parser.add_argument("--name", help="of the data, for the summary; the table's folder if not given")
    parser.add_argument("--unmentioned", default="unknown", help="the table's unmentioned labels; negative for NIH")
    return parser.parse_args()


def run(given: argparse.Namespace) -> None:
    """Prepare, compare, write."""
    plan = CorrelationPlan.read(given.plan)
    if given.maps:
        inputs = read_feature_maps(given.maps, given.table)
    else:
        inputs = image_array(given.table, given.size, cache=given.out, progress=True)
    folds = fold_studies(
        given.table,
        inputs,
        folds=plan.folds,
        repeats=plan.repeats,
        validation=plan.validation,
        unmentioned=given.unmentioned,
        seed=plan.fold_seed,
        name=given.name,
    )
    results = cross_validate(
        folds, plan.rungs, plan.recipe, given.out, reference=BCE, total=plan.folds * plan.repeats, progress=True
    )
    print(write_correlation_ladder(results, given.out, command=f"python {shlex.join(sys.argv)}"))


if __name__ == "__main__":
    run_script(lambda: run(parse()))

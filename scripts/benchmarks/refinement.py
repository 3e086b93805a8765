"""Falsify labels whose truth is known; find the wrong ones, drop them, have images read again, and measure all of it.

python scripts/benchmarks/refinement.py PLAN.yaml TABLE --maps MAPS.npy --out FOLDER

Heads are trained on frozen feature maps, made by frozen_features.py. What it does and what came out:
docs/explanation/label-refinement.md. Plans are beside this file, in recipes/refinement_*.yaml.
"""

import argparse
import shlex
import sys
from pathlib import Path

import numpy as np

from lucency.comparison import read_feature_maps
from lucency.comparison.refinement import refine
from lucency.comparison.refinement_plan import MEASURED, RefinementPlan
from lucency.comparison.refinement_report import write_refinement
from lucency.comparison.refinement_study import measured_noise, refinement_study
from lucency.errors import ConfigError
from lucency.terminal import run_script


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path, help="YAML file with noise, arms and budget")
    parser.add_argument("table", type=Path, help="study table whose labels are taken for the truth")
    parser.add_argument("--maps", type=Path, required=True, help="file made by frozen_features.py --maps")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--rates", type=Path, help="CSV of how a report miner did on images that experts read")
    parser.add_argument("--name", help="of the data, for the summary; the table's folder if not given")
    parser.add_argument("--unmentioned", default="unknown", help="the table's unmentioned labels; negative for NIH")
    return parser.parse_args()


def run(given: argparse.Namespace) -> None:
    """Prepare, compare, write."""
    plan = RefinementPlan.read(given.plan)
    if plan.noise == MEASURED and given.rates is None:
        raise ConfigError(f"{given.plan}: noise is measured; name the CSV with --rates")
    noise = [measured_noise(given.rates)] if plan.noise == MEASURED else plan.noise
    inputs = np.asarray(read_feature_maps(given.maps, given.table), dtype=np.float32).mean(axis=(2, 3))
    results = list(
        refine(
            lambda seed: refinement_study(
                given.table, inputs, noise, unmentioned=given.unmentioned, seed=seed, name=given.name
            ),
            plan,
        )
    )
    print(write_refinement(results, plan, given.out, command=f"python {shlex.join(sys.argv)}"))


if __name__ == "__main__":
    run_script(lambda: run(parse()), resumes=False)

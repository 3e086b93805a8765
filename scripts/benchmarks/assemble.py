"""Climb from one model a source to Label-Assemble, and take its parts out again, on equal terms.

python scripts/benchmarks/assemble.py PLAN.yaml TABLE --out FOLDER --size 64

Interrupted, it goes on where it was. What it does and what came out: docs/explanation/label-assemble.md. Plans are
beside this file, in recipes/assemble_*.yaml.
"""

import argparse
import shlex
import sys
from pathlib import Path

from lucency.comparison import (
    NAIVE_UNION,
    Plan,
    assembled_study,
    compare,
    compare_neighbours,
    image_array,
    rungs,
    write_ladder,
    write_neighbours,
)
from lucency.data import read_study_table
from lucency.errors import ConfigError
from lucency.terminal import run_script


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path, help="YAML file with sources, rungs and what is the same for all")
    parser.add_argument("table", type=Path, help="study table with complete labels and column split")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs and the results")
    parser.add_argument("--size", type=int, required=True, help="pixels a side")
    parser.add_argument("--name", help="of the data, for the summary; the table's folder if not given")
    parser.add_argument("--unmentioned", default="unknown", help="the table's unmentioned labels; negative for NIH")
    parser.add_argument("--by", help="column of the table by which test images are also told apart, such as source")
    parser.add_argument("--neighbours", action="store_true", help="the plan's second part instead of the ladder")
    parser.add_argument("--workers", type=int, default=1, help="processes of one thread each")
    parser.add_argument("--replicates", type=int, default=1000, help="resamples of the intervals")
    return parser.parse_args()


def run(given: argparse.Namespace) -> None:
    """Prepare, compare, write."""
    plan = Plan.read(given.plan)
    inputs = image_array(given.table, given.size, cache=given.out, progress=True)
    study = assembled_study(
        given.table, inputs, plan.sources, deal=plan.deal, unmentioned=given.unmentioned, name=given.name
    )
    command, pool = f"python {shlex.join(sys.argv)}", {"workers": given.workers, "progress": True}
    written = {"command": command, "replicates": given.replicates}
    if given.neighbours:
        if (more := plan.neighbours) is None:
            raise ConfigError(f"{given.plan}: has no key 'neighbours'; add it, or leave --neighbours out")
        recipe = more.recipe(plan.recipe)
        comparisons = [
            compare_neighbours(
                study, finding, more.order(study, finding), more.counts, more.rungs, recipe, given.out, **pool
            )
            for finding in more.findings
        ]
        print(write_neighbours(comparisons, given.out, **written))
        return
    groups = None
    if given.by:
        frame = read_study_table(given.table, check_files=False)
        if given.by not in frame:
            raise ConfigError(f"{given.table}: has no column {given.by!r}; choose another for --by")
        groups = frame[given.by].to_numpy(dtype=str)
    options = rungs(plan.recipe.losses)
    comparison = compare(study, options, plan.recipe, given.out, reference=NAIVE_UNION, **pool)
    print(write_ladder(comparison, given.out, groups=groups, **written))


if __name__ == "__main__":
    run_script(lambda: run(parse()))

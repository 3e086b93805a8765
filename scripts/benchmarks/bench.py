"""Every benchmark, each in a process of its own, and one table of what they found beside the targets.

python scripts/benchmarks/bench.py --json bench.json              # all of them
python scripts/benchmarks/bench.py --only loader,feed --quick     # two of them, in one round each
python scripts/benchmarks/bench.py --markdown bench.json          # run nothing; print the tables of such a file
python scripts/benchmarks/bench.py --markdown bench.json --page docs/explanation/performance.md   # put them there

One that fails costs its own rows, and is named below the table.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from bench_parts.joining import rows_of, verdict, write_joined
from bench_parts.markdown import inserted, markdown
from bench_parts.programs import BENCHMARKS, Outcome, chosen, run
from bench_parts.rows import read, show

from lucency.files import write_atomically
from lucency.terminal import run_script


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(BENCHMARKS), help="names, with commas; default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="one round of each: whether they work, not how fast")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file, too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="run nothing; print the tables of such a file")
    parser.add_argument("--page", type=Path, help="put them into this page, between its marks, and print nothing")
    return parser.parse_args()


def main() -> None:
    """Run what was asked for, and show what came out."""
    asked = options()
    if asked.markdown:
        figures = markdown(*read(asked.markdown))
        if asked.page:
            write_atomically(asked.page, inserted(asked.page.read_text(), figures))
        else:
            print(figures)
        return
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as work:
        for name in chosen(asked.only):
            print(f"{name}: {BENCHMARKS[name]} ...", flush=True)
            outcomes.append(run(name, Path(work), asked.quick))
            print(f"{name}: {outcomes[-1].reason or f'{outcomes[-1].seconds:.0f} s'}", flush=True)
            if asked.json:  # after each, so that a run that is stopped leaves what it has found
                write_joined(asked.json, outcomes)
    show(rows_of(outcomes))
    print(verdict(outcomes))
    sys.exit(any(outcome.failed for outcome in outcomes))


if __name__ == "__main__":
    run_script(main, resumes=False)

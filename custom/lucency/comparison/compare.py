"""The comparison itself: a small grid with the first seed, then the other seeds at the rate that validation chose."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from ..errors import ConfigError, LucencyError
from ..files import first_few
from .loss_option import REFERENCE, LossOption
from .pool import finish_all
from .recipe import Recipe
from .run import Job, Run
from .study import SELECTIONS, Study


@dataclass(frozen=True, eq=False)
class Chosen:
    """The runs of one loss that count for one selection: one a seed, all at the rate which that selection chose.

    Args:
        option: the loss.
        selection: `clean` or `observed`.
        rate: the chosen learning rate.
        runs: by seed; a run that broke off before its first epoch is not among them.
        grid: validation metric of each rate with the first seed; minus infinity where training broke off at once.
    """

    option: LossOption
    selection: str
    rate: float
    runs: dict[int, Run]
    grid: dict[float, float]


@dataclass(frozen=True, eq=False)
class Comparison:
    """All that the tables, figures and the summary are made from.

    Args:
        study: the data.
        recipe: what was the same for all.
        chosen: one for each loss and selection, in the order of the losses; a loss that trained at no rate has none.
        broken: one line for each run that broke off.
        reference: name of the loss that the others are compared with.
    """

    study: Study
    recipe: Recipe
    chosen: list[Chosen]
    broken: list[str]
    reference: str = REFERENCE

    def of(self, selection: str) -> list[Chosen]:
        """Those of one selection."""
        return [chosen for chosen in self.chosen if chosen.selection == selection]


def compare(
    study: Study,
    options: Sequence[LossOption],
    recipe: Recipe,
    folder: str | Path,
    *,
    reference: str = REFERENCE,
    workers: int = 1,
    progress: bool = False,
) -> Comparison:
    """Run what is not yet there and choose.

    Every loss gets the same data, network, initialisation, order of images, budget, stopping rule and learning rates.
    The grid is run with the first seed, whose run at the chosen rate counts; other seeds are run at chosen rates only.
    Finished runs are files below `folder` and are not run again; a changed code does not change their names, so give
    changed losses another folder.

    Args:
        study: data.
        options: losses, among them the reference.
        recipe: what is the same for all.
        folder: where runs are kept.
        reference: name of the loss that the others are compared with; it must train.
        workers: processes of one thread each.
        progress: whether to show a line.

    Raises:
        ConfigError: the reference is missing, or a loss or the network cannot be built; said before any training.
        LucencyError: the reference trained at no rate, or a worker was killed.
    """
    if reference not in [option.name for option in options]:
        raise ConfigError(f"losses: {reference!r} is missing; all others are compared with it")
    first, *others = recipe.seeds
    for option in options:
        option.build_network(study, recipe, first)
        option.build(study, seed=first, max_epochs=recipe.max_epochs)
    runs: dict[tuple[str, float, int], Run] = {}
    grid = [Job(option, rate, first) for option in options for rate in recipe.learning_rates]
    with tqdm(total=len(grid) + len(options) * len(others), unit="run", disable=not progress) as line:

        def run_all(jobs: list[Job]) -> None:
            with closing(finish_all(jobs, study, recipe, Path(folder), workers)) as finished:  # ends the workers
                for job, run in finished:
                    runs[job.option.name, job.rate, job.seed] = run
                    line.set_postfix_str(f"{job.option.name} {job.rate:g} seed {job.seed}: {run.score('clean'):.3f}")
                    line.update()

        run_all(grid)
        rates = {
            (option.name, selection): max(
                recipe.learning_rates, key=lambda rate: runs[option.name, rate, first].score(selection)
            )
            for option in options
            for selection in SELECTIONS
        }
        wanted = [
            Job(option, rate, seed)
            for option in options
            for rate in dict.fromkeys(rates[option.name, selection] for selection in SELECTIONS)
            for seed in others
        ]
        line.total = len(grid) + len(wanted)
        run_all(wanted)
    chosen = [
        one
        for option in options
        for selection in SELECTIONS
        if (one := _choose(option, selection, rates[option.name, selection], runs, recipe, reference)) is not None
    ]
    broken = [
        f"{job.option.name}, rate {job.rate:g}, seed {job.seed}: {run.ended}"
        for job in (*grid, *wanted)
        if (run := runs[job.option.name, job.rate, job.seed]).broken
    ]
    return Comparison(study, recipe, chosen, broken, reference)


def _choose(
    option: LossOption,
    selection: str,
    rate: float,
    runs: dict[tuple[str, float, int], Run],
    recipe: Recipe,
    reference: str,
) -> Chosen | None:
    """The runs of a loss that count; None if it trained at no rate, which for the reference is an error."""
    of_rate = {seed: runs[option.name, rate, seed] for seed in recipe.seeds}
    whole = {seed: run for seed, run in of_rate.items() if selection in run.logits}
    if not whole and option.name == reference:
        reasons = [run.ended for run in of_rate.values()]
        raise LucencyError(f"{reference!r} trained at no rate ({first_few(reasons, 1)}); choose lower rates")
    tried = {tried: runs[option.name, tried, recipe.seeds[0]].score(selection) for tried in recipe.learning_rates}
    return Chosen(option, selection, rate, whole, tried) if whole else None

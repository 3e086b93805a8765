"""Does a finding gain from other findings that other images are labelled for?"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from .assembled_study import AssembledStudy
from .compare import Chosen, Comparison, compare
from .recipe import Recipe
from .run import Run
from .rung import NAIVE_UNION, rungs

ALONE, ALONE_LONGER = "alone", "alone, longer"
OWN, OTHER = "own", "other"


def neighbour_study(
    study: AssembledStudy, finding: str, others: Sequence[str], *, repeated: bool = False
) -> AssembledStudy:
    """One source labels the finding, the other one `others` on other images; the finding alone is judged.

    Args:
        study: its first source becomes the one that labels the finding, all others the one that labels the others.
        finding: id.
        others: ids; without any, images of the second source are left out.
        repeated: whether the first source's are then repeated in their place, so that an epoch has as many steps.

    Returns:
        A study whose outputs are the finding and the others. Validation and test labels of the others are unknown, so
        that epoch, rate and result are those of the finding.
    """
    part = study.part([finding, *others], name=f"{study.name}, {finding}, {len(others)} others")
    own = part.sources == study.source_names[0]
    judged = np.isin(part.splits, ("val", "test"))
    truth, observed = part.truth.copy(), part.truth.copy()
    truth[judged, 1:] = np.nan
    observed[judged, 1:] = np.nan
    observed[own & ~judged, 1:] = np.nan
    observed[~own, 0] = np.nan
    whole = replace(part, truth=truth, observed=observed, sources=np.where(own, OWN, OTHER))
    if others:
        return whole
    train = whole.rows("train")
    alone = np.resize(train[own[train]], len(train)) if repeated else train[own[train]]
    return whole.part(whole.findings, np.concatenate([alone, whole.rows("val"), whole.rows("test")]))


def compare_neighbours(
    study: AssembledStudy,
    finding: str,
    order: Sequence[str],
    counts: Sequence[int],
    names: Sequence[str],
    recipe: Recipe,
    folder: str | Path,
    *,
    workers: int = 1,
    progress: bool = False,
) -> Comparison:
    """Train on the finding with 0 others and with the first 1, 2, ... of `order`.

    Args:
        study: see `neighbour_study`.
        finding: id.
        order: ids of the others.
        counts: how many of them, each above 0; none at all is always run, for as many epochs and for as many steps,
            with the loss of `naive_union`, for without others there is no unknown label to assemble.
        names: rungs, among them `naive_union`.
        recipe: what is the same for all runs.
        folder: where runs are kept.
        workers: processes of one thread each.
        progress: whether to show a line.

    Returns:
        A comparison of the finding alone, whose losses are called `alone` (the reference), `alone, longer` and
        `rung, 4 others`.
    """
    chosen: list[Chosen] = []
    broken: list[str] = []
    alone = [
        (ALONE, neighbour_study(study, finding, [])),
        (ALONE_LONGER, neighbour_study(study, finding, [], repeated=True)),
    ]
    beside = [(f"{count} others", neighbour_study(study, finding, order[:count])) for count in counts]
    for name, part in alone + beside:
        done = compare(
            part,
            rungs(names if len(part.findings) > 1 else [NAIVE_UNION]),
            recipe,
            folder,
            reference=NAIVE_UNION,
            workers=workers,
            progress=progress,
        )
        for one in done.chosen:
            called = f"{one.option.name}, {name}" if len(part.findings) > 1 else name
            runs = {seed: _first_finding(run) for seed, run in one.runs.items()}
            chosen.append(replace(one, option=replace(one.option, name=called), runs=runs))
        broken += [f"{finding}, {name}, {line}" for line in done.broken]
    return Comparison(alone[0][1], recipe, chosen, broken, ALONE)


def _first_finding(run: Run) -> Run:
    return replace(run, logits={selection: logits[:, :1] for selection, logits in run.logits.items()})

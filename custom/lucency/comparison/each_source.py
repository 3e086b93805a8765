"""What the sources reach without each other: a model each, of its own images and findings."""

from itertools import accumulate

import numpy as np

from .assembled_study import AssembledStudy
from .recipe import Recipe
from .run import Job, Run
from .rung import Rung
from .study import SELECTIONS, Study
from .training import train


def train_each_source(study: Study, recipe: Recipe, job: Job) -> Run:
    """Train one network a source and put their outputs side by side.

    Each network has the initialisation, rate and number of epochs of a model of all sources, or its number of steps,
    sees the images and findings of its source alone, and is kept at its own best epoch. A finding of several sources is
    answered by the one with most labels of it.

    Args:
        study: an `AssembledStudy`.
        recipe: as for every run.
        job: of a `Rung` with `each_source`.

    Returns:
        One run with the outputs of the study. Its `history` is that of the group: after each epoch the mean over
        findings of the best that each network has reached so far, so that its maximum is that of the networks kept.
    """
    assert isinstance(study, AssembledStudy)  # noqa: S101 -- `Rung.build_network` has said so in words
    assert isinstance(job.option, Rung)  # noqa: S101
    repeated = job.option.each_source == "steps"
    runs = {source: train(study.of_source(source, repeated=repeated), recipe, job) for source in study.source_names}
    if broken := [f"{source}: {run.ended}" for source, run in runs.items() if not run.history]:
        return Run([], {}, float("nan"), broken[0])
    findings = {source: study.findings_of(source) for source in runs}
    answers = {finding: _most_labels(study, finding, findings) for finding in study.findings}
    shares = {source: list(answers.values()).count(source) / len(answers) for source in runs}
    best = {
        selection: {
            source: list(accumulate((epoch[selection] for epoch in run.history), max)) for source, run in runs.items()
        }
        for selection in SELECTIONS
    }
    history = []
    for epoch in range(max(len(run.history) for run in runs.values())):
        entry = {"epoch": epoch + 1.0}
        entry["loss"] = sum(shares[s] * runs[s].history[min(epoch, len(runs[s].history) - 1)]["loss"] for s in runs)
        for selection in SELECTIONS:
            reached = best[selection]
            entry[selection] = sum(shares[s] * reached[s][min(epoch, len(reached[s]) - 1)] for s in runs)
        history.append(entry)
    logits = {
        selection: np.stack(
            [runs[source].logits[selection][:, findings[source].index(name)] for name, source in answers.items()],
            axis=1,
        )
        for selection in SELECTIONS
    }
    ends = [run.ended for run in runs.values() if run.broken] or [run.ended for run in runs.values()]
    return Run(history, logits, float(sum(run.step_seconds for run in runs.values())), ends[0])


def _most_labels(study: AssembledStudy, finding: str, findings: dict[str, tuple[str, ...]]) -> str:
    train, column = study.rows("train"), study.findings.index(finding)
    known = study.sources[train][~np.isnan(study.observed[train, column])]
    return max((source for source in findings if finding in findings[source]), key=lambda s: int((known == s).sum()))

"""A reader who knows the truth, for experiments on labels whose truth is known."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..data.validation import finding_columns
from ..errors import ConfigError, LabelError
from ..labels import LabelState, encode_states
from ..labels.policies import uniform
from ..labels.simulate.per_finding import PerFinding, per_finding
from ..labels.states import NEGATIVE, POSITIVE, UNMENTIONED
from .ledger import LabelEntry


class SimulatedOracle:
    r"""Answers questions from a table of true states, as readers who err would; it alone holds the truth.

    Its verdicts are recorded in the ledger as those of people are, so an experiment learns of no label that it did not
    pay for. The public program of the paper below rewrites every label that it guesses to be clean, too; there, a label
    is right for free as soon as it is trusted.

    A reader who errs says positive for negative and negative for positive with probability $\varepsilon$. Whether that
    happens depends on seed, round, reader, image and finding alone: neither on the order of questions nor on what else
    is asked. What the truth leaves uncertain is answered so.

    With several readers all are asked (`until_majority=False`), or one after the other until more than half of all of
    them agree, which Bernhardt et al. pay for label by label.

    Khanal et al.: Active Label Refinement for Robust Training of Imbalanced Medical Image Classification Tasks in the
    Presence of High Label Noise, MICCAI 2024; Bernhardt et al.: Active label cleaning for improved dataset quality
    under resource constraints, Nature Communications 13:1161, 2022. Errors as functions of the question are ours.

    Args:
        truth: column `image` and columns of findings with the texts of true states.
        error_rate: from 0 to 1 for all findings, or a mapping from finding id; 0 where not named.
        readers: whom a question may be put to; their errors are independent.
        until_majority: ask as few of them as needed; their number must be odd.
        seed: of the errors.

    Attributes:
        calls: verdicts given so far, each of which a reader would be paid for.

    Raises:
        ConfigError: a rate outside [0, 1], no reader, or an even number of them that are to find a majority.
        LabelError: no column `image`, an image twice, no finding, or a state that is none.

    Example:
        >>> oracle = SimulatedOracle(pd.DataFrame({"image": ["a.png"], "mass": ["positive"]}))
        >>> [verdict.state for verdict in oracle.answer([("a.png", "mass")], round=1)], oracle.calls
        (['positive'], 1)
    """

    def __init__(
        self,
        truth: pd.DataFrame,
        *,
        error_rate: PerFinding = 0.0,
        readers: int = 1,
        until_majority: bool = False,
        seed: int = 0,
    ) -> None:
        if isinstance(readers, bool) or readers < 1 or int(readers) != readers:
            raise ConfigError(f"SimulatedOracle: readers cannot be {readers!r}; give a whole number of 1 or more")
        if until_majority and readers % 2 == 0:
            raise ConfigError(f"SimulatedOracle: {readers} readers may find no majority; give an odd number")
        if "image" not in truth or truth["image"].duplicated().any():
            raise LabelError("SimulatedOracle: the truth needs a column image that names every image once")
        self.findings = finding_columns(truth)
        if not self.findings:
            raise LabelError("SimulatedOracle: the truth has no column that is a finding id")
        self.calls = 0
        self._rows = {str(image): row for row, image in enumerate(truth["image"])}
        self._columns = {finding: column for column, finding in enumerate(self.findings)}
        self._codes = encode_states(truth[self.findings])
        self._rates = per_finding("SimulatedOracle: error_rate", error_rate, self.findings)
        self._readers, self._until_majority, self._seed = int(readers), until_majority, seed

    def answer(self, questions: Iterable[tuple[str, str]], *, round: int) -> list[LabelEntry]:
        """Verdicts on questions, to be recorded in a ledger that has asked them.

        Args:
            questions: image and finding of each.
            round: in which they were asked; who reads the same cell in another round looks anew.

        Returns:
            One verdict of each reader who was asked, readers named `oracle-1` and so on.

        Raises:
            LabelError: an image or finding that the truth lacks, or a cell that it says nothing about.
        """
        cells = [(image, finding, self._true_code(image, finding)) for image, finding in questions]
        verdicts = [verdict for cell in cells for verdict in self._read(*cell, round)]
        self.calls += len(verdicts)
        return verdicts

    def _true_code(self, image: str, finding: str) -> int:
        if image not in self._rows or finding not in self._columns:
            raise LabelError(f"SimulatedOracle: the truth has no {finding} of '{image}'; ask of its own images")
        code = int(self._codes[self._rows[image], self._columns[finding]])
        if code == UNMENTIONED:
            raise LabelError(f"SimulatedOracle: the truth says nothing of {finding} of '{image}'; do not ask of it")
        return code

    def _read(self, image: str, finding: str, code: int, round: int) -> list[LabelEntry]:
        said: list[LabelEntry] = []
        votes, rate = np.zeros(len(LabelState), dtype=np.int64), self._rates[self._columns[finding]]
        for number in range(1, self._readers + 1):
            errs = uniform(self._seed, f"oracle {round} {number} {finding}", image) < rate
            state = POSITIVE + NEGATIVE - code if errs and code in (POSITIVE, NEGATIVE) else code
            votes[state] += 1
            said.append(
                LabelEntry(
                    image=image,
                    finding=finding,
                    state=_TEXTS[state],
                    source="simulation",
                    reader=f"oracle-{number}",
                    round=round,
                )
            )
            if self._until_majority and 2 * votes.max() > self._readers:
                break
        return said


_TEXTS = [state.value for state in LabelState]

"""Questions to a reader: which, in what words, in what order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...labels import display_name
from ..ledger import Ledger, LedgerError
from .ranking import ALL
from .ranking_file import RankingFile


@dataclass(frozen=True, kw_only=True)
class Question:
    """One finding on one image that somebody is to look for.

    Attributes:
        round: of the ledger.
        image: as the study table spells it.
        finding: id.
        label: what the table says now, where the reader may see it; else None.
    """

    round: int
    image: str
    finding: str
    label: str | None = None

    @property
    def text(self) -> str:
        """The question in words.

        Example:
            >>> Question(round=1, image="a.png", finding="effusion").text
            'Pleural effusion?'
        """
        return f"{display_name(self.finding)}?"


def asked_cells(ranking: RankingFile, ledger: Ledger) -> list[tuple[str, str]]:
    """Image and finding of each question that a ranking stands for, best first, none of an earlier round.

    Raises:
        LedgerError: the ranking's round is over, or was asked with other questions.
    """
    last = ledger.last_round
    if ranking.round not in (last, last + 1):
        raise LedgerError(f"{ledger.path}: is in round {last}, the ranking is for round {ranking.round}; rank again")
    before = {cell for round in range(1, ranking.round) for cell in ledger.asked(round)}
    cells = [
        (image, finding)
        for image, named in zip(ranking.rows["image"], ranking.rows["finding"], strict=True)
        for finding in (ranking.findings if named == ALL else [named])
        if (image, finding) not in before
    ]
    if not cells:
        raise LedgerError(f"{ledger.path}: the ranking holds nothing that was not asked yet; rank again")
    if ranking.round == last and set(cells) != set(ledger.asked(last)):
        raise LedgerError(f"{ledger.path}: round {last} asks other questions than this ranking; rank again")
    return cells


def shuffled(cells: Iterable[tuple[str, str]], findings: Sequence[str], seed: int, round: int) -> list[tuple[str, str]]:
    """Cells in an order that tells nothing of their rank: images by chance, each one's findings as in the table.

    Args:
        cells: image and finding.
        findings: of the table.
        seed: same seed, same order, in whatever order the cells come.
        round: every round has an order of its own.

    Example:
        >>> shuffled([("b", "mass"), ("a", "mass"), ("b", "edema")], ["edema", "mass"], seed=0, round=1)
        [('a', 'mass'), ('b', 'edema'), ('b', 'mass')]
    """
    by_image: dict[str, list[str]] = {}
    for image, finding in cells:
        by_image.setdefault(image, []).append(finding)
    images = sorted(by_image)
    order = np.random.default_rng([seed, round]).permutation(len(images))
    place = {finding: at for at, finding in enumerate(findings)}
    return [
        (images[at], finding) for at in order for finding in sorted(by_image[images[at]], key=lambda one: place[one])
    ]

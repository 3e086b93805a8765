"""Which unknown labels of a batch the network contradicts most."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..errors import LucencyError
from .base import number_in
from .ranks import gather_rows


class LargestLosses:
    r"""Choose the $k = \lceil n\,m\,\delta\rceil$ unknown labels with the largest loss $-\log(1-\sigma(z))$.

    $n$ is the number of all cells, known or not, of the batch, under DDP of all ranks' batches; if each finding is
    chosen for by itself, of its column. Exactly $k$ are chosen, or all unknown ones if there are fewer; never a known
    label. Compared are the logits, which order the losses and never tie by rounding.

    Args:
        owner: the loss, for messages.
        delta_rel: $100\,\delta$, percent from 0 to 100; a list has one number a finding.
        per_class: choose within each finding; a list always does.

    Raises:
        ConfigError: a percentage is outside [0, 100].

    Example:
        >>> choose = LargestLosses("MyLoss", 25, per_class=False)
        >>> choose(torch.tensor([[3.0, 1.0], [9.0, 2.0]]), torch.tensor([[True, True], [False, True]]), times=2)
        tensor([[ True, False],
                [False,  True]])
    """

    def __init__(self, owner: str, delta_rel: float | Sequence[float], per_class: bool) -> None:
        self.owner = owner
        self.listed = isinstance(delta_rel, Sequence) and not isinstance(delta_rel, str)
        self.per_class = per_class or self.listed
        rates: list[Any] = list(delta_rel) if isinstance(delta_rel, Sequence) and self.listed else [delta_rel]
        self.rates = [number_in(owner, "delta_rel", rate, 0, 100) for rate in rates]

    def __call__(self, logits: Tensor, unknown: Tensor, times: int) -> Tensor:
        """Choose.

        Args:
            logits: (B, L).
            unknown: bool (B, L), the labels to choose from.
            times: $m$.

        Returns:
            bool (B, L).

        Raises:
            LucencyError: there are not as many percentages as findings.
        """
        findings = logits.shape[1]
        if self.listed and len(self.rates) != findings:
            raise LucencyError(
                f"{self.owner}: delta_rel has {len(self.rates)} numbers for {findings} findings; give one a finding"
            )
        if times == 0:
            return torch.zeros_like(unknown)
        whole, own = gather_rows(torch.where(unknown, logits.detach(), -torch.inf), logits)
        columns = whole if self.per_class else whole.reshape(-1, 1)  # choose within a column
        counts = [_count(len(columns), times, rate) for rate in self.rates]
        largest = columns.topk(max(counts), dim=0).indices
        chosen = torch.zeros_like(columns, dtype=torch.bool)
        if self.listed:
            place = torch.arange(max(counts), device=logits.device)[:, None]
            chosen.scatter_(0, largest, place < torch.tensor(counts, device=logits.device))
        else:
            chosen.scatter_(0, largest, True)
        return chosen.view_as(whole)[own] & unknown

    def __repr__(self) -> str:
        """Show the settings."""
        return f"delta_rel={self.rates if self.listed else self.rates[0]}, per_class={self.per_class}"


def _count(cells: int, times: int, percent: float) -> int:
    return min(cells, math.ceil(round(cells * times * percent / 100, 6)))  # 33.00000000000001 is 33, not 34

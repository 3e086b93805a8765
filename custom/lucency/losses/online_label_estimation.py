"""Regularised online label estimation (ROLE): the labels of the training images are learned with the network."""

from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from .base import Loss, number_in
from .expected_positives import share_penalty
from .kernels import cross_entropy_terms
from .ranks import gather_rows, mean_over_ranks, ranks_of
from .state import SampleIndexed
from .target_table import target_table

UNKNOWN_RANGE = 0.6  # unknown labels start between 1 - 0.6 and 0.6
KNOWN_RANGE = 0.995  # known ones at most this sure, so that they can still be learned away


class OnlineLabelEstimationLoss(Loss, SampleIndexed):
    r"""The network is trained on estimated labels, and these on the network; both on what is known.

    A table $w$ holds a logit for each training image and finding. With $p = \sigma(z)$, $q = \sigma(w)$ for the images
    of the batch, $\operatorname{sg}$ for "no gradient" and $\operatorname{ce}$ for binary cross entropy,

    $$\frac{1}{2BL}\Big[\sum_O \big(\operatorname{ce}(z, y) + \operatorname{ce}(w, y)\big) + \sum_{\text{all}}
    \big(\operatorname{ce}(z, \operatorname{sg} q) + \operatorname{ce}(w, \operatorname{sg} p)\big)\Big]
    + \tfrac{\lambda}{2}\big[R(p) + R(q)\big]$$

    with the penalty $R$ of `ExpectedPositivesLoss` (`norm=2`) on the average number of positives.

    | label | this loss |
    |---|---|
    | known: positive, negative, soft | cross entropy with $y$, of network and table; and with each other |
    | unknown (NaN) | cross entropy of network and table with each other |

    The table is a parameter: the optimiser must have it, at `lr_multiplier` times the learning rate of the network and
    without weight decay, as `lucency.engines.parameter_groups` arranges; it is in `state_dict`, and with an adaptive
    optimiser takes three times N · L numbers. Only images of the batch get a gradient. The penalty makes the loss not
    additive over micro-batches. Under DDP every rank computes the table's gradient for the images of all ranks, so that
    all keep the same table; batches of equal size give that of the whole batch.

    Cole et al.: Multi-Label Learning from Single Positive Labels, CVPR 2021 (arXiv:2106.09708). The paper knows no
    explicit negatives; their cross entropy and their start at $q = 0.005$ are this package's choice.

    Args:
        training_targets: targets of all training images (N, L), or the data list; see `target_table`.
        expected_positives: $k$, see `ExpectedPositivesLoss`.
        weight: $\lambda$; the paper uses 1.
        lr_multiplier: learning rate of the table over that of the network; the paper uses 10.
        seed: of the start of unknown labels, uniform between $w = \pm\operatorname{logit} 0.6$. Known labels start at
            $\operatorname{logit} y$, kept within 0.005 and 0.995.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is out of range or `training_targets` make no table; during training, if the batch has
            no index or another number of findings.
        LabelError: a target is not in [0, 1] or NaN.

    Example:
        >>> targets = torch.tensor([[1.0, torch.nan], [torch.nan, 0.0]])
        >>> loss = OnlineLabelEstimationLoss(training_targets=targets, expected_positives=1)
        >>> loss.set_index(torch.tensor([0]))
        >>> loss(torch.zeros(1, 2), targets[:1]).backward()
        >>> loss.estimates.grad.count_nonzero(dim=1)
        tensor([2, 0])
    """

    def __init__(
        self,
        *,
        training_targets: Any,
        expected_positives: float,
        weight: float = 1.0,
        lr_multiplier: float = 10.0,
        seed: int = 0,
        check_inputs: bool = True,
    ) -> None:
        super().__init__(check_inputs=check_inputs)
        name = type(self).__name__
        table = target_table(name, training_targets)
        self.expected_positives = number_in(name, "expected_positives", expected_positives, 0, table.shape[1])
        self.weight = number_in(name, "weight", weight, 0, 1e6)
        self.lr_multiplier = number_in(name, "lr_multiplier", lr_multiplier, 1e-6, 1e6)
        self.seed = seed
        self.estimates = nn.Parameter(first_estimates(table, seed))

    def value(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """See `Loss.value`."""
        images, findings = self.estimates.shape
        if logits.shape[1] != findings:
            raise ConfigError(
                f"OnlineLabelEstimationLoss: made for {findings} findings, the batch has {logits.shape[1]}; "
                "give the training targets in the order of the network's outputs"
            )
        index = self.index_of(logits, images)
        estimates = self.estimates[index].to(logits.dtype)
        p, q = torch.sigmoid(logits), torch.sigmoid(estimates)
        network = self._half(logits, mean_over_ranks(p.mean()), q, targets, known)
        if ranks_of(logits) > 1:  # the table is no part of the network, whose gradients DDP averages
            logits, targets, known, index = _rows_of_all_ranks(logits, targets, known, index)
            estimates = self.estimates[index].to(logits.dtype)
            p, q = torch.sigmoid(logits), torch.sigmoid(estimates)
        return network + self._half(estimates, q.mean(), p, targets, known)

    def _half(self, logits: Tensor, share: Tensor, teacher: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """The part of the loss that teaches `logits`, of network or table, what the other one says in probabilities."""
        weight = 1 + known.to(logits.dtype)  # cross entropy is linear in the target: two of them are one of the mean
        cells = weight * cross_entropy_terms(logits, (teacher.detach() + targets) / weight)
        penalty = share_penalty(share, self.expected_positives / logits.shape[1], norm=2)
        return (cells.mean() + self.weight * penalty) / 2

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return (
            f"images={self.estimates.shape[0]}, expected_positives={self.expected_positives}, weight={self.weight}, "
            f"lr_multiplier={self.lr_multiplier}, seed={self.seed}"
        )


def first_estimates(targets: Tensor, seed: int) -> Tensor:
    """Logits that the estimates of labels start from.

    Args:
        targets: (N, L), in [0, 1] or NaN for unknown.
        seed: of what unknown labels start from.

    Returns:
        (N, L) float32.

    Example:
        >>> first_estimates(torch.tensor([[1.0, 0.5, 0.0]]), seed=0)
        tensor([[ 5.2933,  0.0000, -5.2933]])
    """
    known = torch.logit(targets.nan_to_num(nan=0.5), eps=1 - KNOWN_RANGE)
    widest = torch.logit(torch.tensor(UNKNOWN_RANGE))
    uniform = torch.rand(targets.shape, generator=torch.Generator().manual_seed(seed))
    return torch.where(targets.isnan(), (2 * uniform - 1) * widest, known)


def _rows_of_all_ranks(
    logits: Tensor, targets: Tensor, known: Tensor, index: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The arguments for the images of all ranks, in one exchange; float64 holds every index and every float32."""
    columns = [logits, torch.where(known, targets, torch.nan), index[:, None]]
    rows, _ = gather_rows(torch.cat([column.double() for column in columns], dim=1), logits)
    findings = logits.shape[1]
    targets = rows[:, findings:-1].to(logits.dtype)
    return rows[:, :findings].to(logits.dtype), targets.nan_to_num(nan=0.0), ~targets.isnan(), rows[:, -1].long()

"""Entropy maximization with asymmetric pseudo-labels (EM + APL): the least probable findings become soft negatives."""

import warnings
from typing import Any

import torch
from torch import Tensor

from ..errors import ConfigError
from .base import number_in
from .entropy_maximization import EntropyMaximizationLoss
from .reducers import Reducer
from .state import EpochAware, PredictionFed
from .target_table import target_table


class AsymmetricPseudoLabelsLoss(EntropyMaximizationLoss, EpochAware, PredictionFed):
    r"""`EntropyMaximizationLoss` in which unknown labels of low probability turn into soft labels, epoch by epoch.

    After each epoch from $T_w$ on, except the last one $T$, the network predicts all training images. In every finding
    the $\lfloor\theta\,U_l/(T-T_w)\rfloor$ least probable of the unknown labels that have no pseudo-label yet get their
    probability $s$ as one, for good; $U_l$ is the number of unknown labels. In the end a share $\theta$ has one.

    | label | this loss |
    |---|---|
    | known | cross entropy, see `EntropyMaximizationLoss` |
    | unknown (NaN), with pseudo-label | $\beta\,\big(s\,[-\log p] + (1-s)\,[-\log(1-p)]\big)$ |
    | unknown (NaN), without | $-\alpha H(p)$ |

    Only improbable findings get pseudo-labels, hence asymmetric: almost all unknown labels are negative. They are kept
    in the buffer `pseudo`, float32 (N, L), NaN where there is none. The loss of a batch is one of single cells, and so
    additive over micro-batches and ranks with `mean_all`. With $T \le T_w$ there are no pseudo-labels, and a warning.

    Zhou et al.: Acknowledging the Unknown for Multi-Label Learning with Single Positive Labels, ECCV 2022
    (arXiv:2203.16219).

    Args:
        training_targets: targets of all training images (N, L), or the data list; see `target_table`.
        alpha: see `EntropyMaximizationLoss`.
        theta: $\theta$ in [0, 1]; the paper uses 0.9.
        warm_up: $T_w$, epochs before the first pseudo-labels; the paper uses 5 (VOC, COCO), 4 (NUS), 3 (CUB) of 10.
        beta: $\beta$ in [0, 1]; the paper uses 0.02 (VOC), 0.9 (COCO), 0.2 (NUS), 0.4 (CUB).
        reduction: the paper uses `mean_all`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is out of range, `training_targets` make no table, or the reduction is unknown; during
            training, if the batch has no index or another number of findings.
        LabelError: a target is not in [0, 1] or NaN.

    Example:
        >>> targets = torch.tensor([[1.0, torch.nan], [torch.nan, torch.nan]])
        >>> loss = AsymmetricPseudoLabelsLoss(training_targets=targets, theta=1, warm_up=1)
        >>> loss.set_epoch(1, 2)
        >>> loss.learn(torch.tensor([[5.0, -2.0], [-1.0, 3.0]]))
        >>> loss.pseudo
        tensor([[   nan, 0.1192],
                [0.2689, 0.9526]])
    """

    pseudo: Tensor
    unknown: Tensor

    def __init__(
        self,
        *,
        training_targets: Any,
        alpha: float = 0.1,
        theta: float = 0.9,
        warm_up: int = 5,
        beta: float = 0.9,
        reduction: str | Reducer = "mean_all",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(alpha=alpha, reduction=reduction, check_inputs=check_inputs)
        name = type(self).__name__
        self.theta = number_in(name, "theta", theta, 0, 1)
        self.beta = number_in(name, "beta", beta, 0, 1)
        if not isinstance(warm_up, int) or warm_up < 1:
            raise ConfigError(f"{name}: warm_up is {warm_up!r}; give a number of epochs, 1 or more")
        self.warm_up = warm_up
        table = target_table(name, training_targets)
        self.register_buffer("pseudo", torch.full_like(table, torch.nan))
        self.register_buffer("unknown", table.isnan(), persistent=False)  # follows from the data

    def set_epoch(self, epoch: int, max_epochs: int) -> None:
        """See `EpochAware.set_epoch`."""
        super().set_epoch(epoch, max_epochs)
        if epoch == 1 and max_epochs <= self.warm_up:
            warnings.warn(
                f"{type(self).__name__}: {max_epochs} epochs end before warm_up={self.warm_up} has passed; there will "
                "be no pseudo-labels, as with EntropyMaximizationLoss",
                stacklevel=2,
            )

    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """See `CellLoss.cell_terms`."""
        images, findings = self.pseudo.shape
        if logits.shape[1] != findings:
            raise ConfigError(
                f"{type(self).__name__}: made for {findings} findings, the batch has {logits.shape[1]}; "
                "give the training targets in the order of the network's outputs"
            )
        pseudo = self.pseudo[self.index_of(logits, images)].to(logits.dtype)
        given = ~(known | pseudo.isnan())
        terms, weight = super().cell_terms(logits, torch.where(given, pseudo, targets), known | given)
        return terms * torch.where(given, self.beta, 1.0).to(terms.dtype), weight

    def wants_predictions(self) -> bool:
        """See `PredictionFed.wants_predictions`."""
        return self.warm_up <= self.epoch < self.max_epochs

    def learn(self, logits: Tensor) -> None:
        """See `PredictionFed.learn`."""
        if logits.shape != self.pseudo.shape:
            raise ConfigError(
                f"{type(self).__name__}: predictions are {tuple(logits.shape)}, the training targets "
                f"{tuple(self.pseudo.shape)}; predict all training images in the order of the data list"
            )
        rounds = self.max_epochs - self.warm_up
        open_cells = self.unknown & self.pseudo.isnan()
        counts = self.unknown.sum(dim=0).double().mul(self.theta / rounds).add(1e-6).floor()  # 0.9 * 10 / 3 is 3
        scores = torch.where(open_cells, logits.detach(), torch.inf)
        places = scores.argsort(dim=0, stable=True).argsort(dim=0)
        chosen = open_cells & (places < counts)
        self.pseudo.copy_(torch.where(chosen, torch.sigmoid(logits.detach().float()), self.pseudo))

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return (
            f"images={len(self.pseudo)}, theta={self.theta}, warm_up={self.warm_up}, beta={self.beta}, "
            f"{super().extra_repr()}"
        )

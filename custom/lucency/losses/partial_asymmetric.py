"""Class-aware selective loss (CSL): asymmetric focusing, and the likeliest unknown labels left out."""

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from ..errors import ConfigError
from .base import number_in
from .curves import choose, focal, in_proportion, sides
from .kernels import Curve
from .pointwise_loss import PointwiseLoss
from .ranks import gather_rows
from .reducers import Reducer

Mode = Literal["selective", "negative", "ignore"]
FAR = 1e30  # puts known labels behind all unknown ones


class PartialAsymmetricLoss(PointwiseLoss):
    r"""Focal loss with its own focusing for unknown labels, which count as negative unless they look like positives.

    $t = y\,(1-p)^{\gamma_+}\,[-\log p] + (1-y)\,p^{\gamma_-}\,[-\log(1-p)]$ where known, else
    $p^{\gamma_u}\,[-\log(1-p)]$, $p = \sigma(z)$; no gradient flows through the focusing. $w = 1$ where known, else:

    | mode | weight of unknown labels |
    |---|---|
    | `selective` | 0 for the $KB$ with the highest $p$ in the batch, and for findings of high prior |
    | `negative` | 1 |
    | `ignore` | 0 |

    | label | this loss |
    |---|---|
    | positive | $(1-p)^{\gamma_+}\,[-\log p]$ |
    | negative | $p^{\gamma_-}\,[-\log(1-p)]$ |
    | soft, $0 < y < 1$ | both, in proportion |
    | unknown (NaN) | $p^{\gamma_u}\,[-\log(1-p)]$, or left out |

    With all $\gamma = 0$, `negative` is `AssumeNegativeLoss` and `ignore` the sum of `MaskedBCELoss`. Under DDP the
    batch is that of all ranks. With gradient accumulation the choice is made in each micro-batch by itself.

    Ben-Baruch et al.: Multi-label Classification with Partial Annotations using Class-aware Selective Loss, CVPR 2022
    (arXiv:2110.10955).

    Args:
        mode: the paper's is `selective`.
        gamma_pos: $\gamma_+$ in [0, 100]; the paper uses 0.
        gamma_neg: $\gamma_-$ in [0, 100]; the authors' default is 1, and 1 or 3 in the paper's runs.
        gamma_unknown: $\gamma_u$ in [0, 100]; the authors' default is 2, and 4 in the paper's runs.
        likelihood_topk: $K$, 0 or more labels left out per image of the batch on average; the paper uses 5, with 80
            findings and more: of 14 that is most of what is unknown.
        class_priors: estimated prevalence of each finding in [0, 1], the mean prediction of a network trained with
            `ignore`; None leaves no finding out.
        prior_threshold: in [0, 1]; the authors' default is 0.05, and 0.5 in the paper's runs.
        reduction: the paper uses `sum`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is outside its range; `class_priors` has not one number a finding; or the mode or the
            reduction is unknown.

    Example:
        >>> loss = PartialAsymmetricLoss(likelihood_topk=1)
        >>> loss(torch.tensor([[0.0, 5.0, 0.0]]), torch.tensor([[1.0, torch.nan, torch.nan]]))  # 0.6931 + 0.25 * 0.6931
        tensor(0.8664)
    """

    _common: Tensor | None

    def __init__(
        self,
        *,
        mode: Mode = "selective",
        gamma_pos: float = 0.0,
        gamma_neg: float = 1.0,
        gamma_unknown: float = 2.0,
        likelihood_topk: int = 5,
        class_priors: Sequence[float] | None = None,
        prior_threshold: float = 0.05,
        reduction: str | Reducer = "sum",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        name = type(self).__name__
        if mode not in get_args(Mode):
            raise ConfigError(f"{name}: mode is {mode!r}; choose one of {', '.join(get_args(Mode))}")
        self.mode = mode
        self.gamma_pos = number_in(name, "gamma_pos", gamma_pos, 0, 100)
        self.gamma_neg = number_in(name, "gamma_neg", gamma_neg, 0, 100)
        self.gamma_unknown = number_in(name, "gamma_unknown", gamma_unknown, 0, 100)
        if number_in(name, "likelihood_topk", likelihood_topk, 0, 1e6) % 1:
            raise ConfigError(f"{name}: likelihood_topk is {likelihood_topk}; give a whole number")
        self.likelihood_topk = int(likelihood_topk)
        self.prior_threshold = number_in(name, "prior_threshold", prior_threshold, 0, 1)
        self.class_priors = None
        common = None
        if class_priors is not None:
            self.class_priors = [number_in(name, "class_priors", prior, 0, 1) for prior in class_priors]
            common = torch.tensor([prior > prior_threshold for prior in self.class_priors])
        self.register_buffer("_common", common, persistent=False)  # a setting of the config, not learned state

    def curve(self, logits: Tensor, targets: Tensor, known: Tensor) -> Curve:
        """See `PointwiseLoss.curve`."""
        positive, negative = sides(logits)
        observed = focal(negative, positive, self.gamma_neg, detach_weight=True)
        unknown = focal(negative, positive, self.gamma_unknown, detach_weight=True)
        present = focal(positive, negative, self.gamma_pos, detach_weight=True)
        return in_proportion(present, choose(known, observed, unknown), targets)

    def cell_weight(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """See `PointwiseLoss.cell_weight`."""
        if self.mode == "negative":
            return torch.ones_like(logits)
        if self.mode == "ignore":
            return known.to(logits.dtype)
        return (known | ~self._left_out(logits, known)).to(logits.dtype)

    def _left_out(self, logits: Tensor, known: Tensor) -> Tensor:
        whole, own = gather_rows(torch.sub(logits, known.to(logits.dtype), alpha=FAR), logits)
        count = min(self.likelihood_topk * len(whole), whole.numel())
        likeliest = torch.zeros(whole.shape, dtype=torch.bool, device=whole.device)
        likeliest.view(-1)[whole.flatten().topk(count, sorted=False).indices] = True
        if self._common is None:
            return likeliest[own]
        if len(self._common) != logits.shape[1]:
            raise ConfigError(
                f"{type(self).__name__}: class_priors has {len(self._common)} numbers for {logits.shape[1]} findings; "
                "give one a finding"
            )
        return likeliest[own] | self._common

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return (
            f"mode={self.mode}, gamma_pos={self.gamma_pos}, gamma_neg={self.gamma_neg}, "
            f"gamma_unknown={self.gamma_unknown}, likelihood_topk={self.likelihood_topk}, "
            f"class_priors={self.class_priors}, prior_threshold={self.prior_threshold}, {super().extra_repr()}"
        )

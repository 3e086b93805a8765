"""Generalized assume negative (GAN): unknown labels count as negative, but not without doubt."""

import warnings
from typing import Literal

import torch
from torch import Tensor

from ..errors import ConfigError
from .base import number_in
from .curves import Side, Term, choose, generalized_cross_entropy, in_proportion, power, sides
from .kernels import Curve
from .pointwise_loss import PointwiseLoss
from .reducers import Reducer


class GeneralizedAssumeNegativeLoss(PointwiseLoss):
    r"""Assumed negatives with the generalized cross entropy: what the network firmly believes present is let go.

    Reconstruction: the published definition was not available to us. Schneider et al. name a Generalized and an
    Implicit Weighting Assume Negative loss; this family holds every reading that fits the names.

    $t = \tilde y\,G_{q_+}(p) + (1-\tilde y)\,n$ with $\tilde y = \varepsilon + (1-2\varepsilon)\,y$, $y = 0$ where
    unknown, $G_q(P) = (1-P^q)/q$, $G_0(P) = -\log P$, $p = \sigma(z)$; $w = 1$ where the label is known, else $w_u$.

    | label | $n$ | with the defaults, this loss |
    |---|---|---|
    | positive | | $-\log p$ |
    | negative | $-\log(1-p)$: somebody looked | $-\log(1-p)$ |
    | soft, $0 < y < 1$ | as negative | both, in proportion |
    | unknown (NaN) | $(1-p)^\gamma\,G_{q_-}(1-p)$ | $(1-(1-p)^{0.7})/0.7$ |

    The gradient on an unknown label is $p\,(1-p)^{q_-+\gamma}$ with the weight detached: implicit weighting by
    $(1-p)^\gamma$ and the generalized cross entropy are the same to an optimiser. It is largest at
    $p = 1/(1+q_-+\gamma)$ and vanishes towards $p = 1$, so that a missed positive of which the network is sure is no
    longer fought, as assume negative does; one of middling probability still is.

    | member | settings beside `q_neg=0` |
    |---|---|
    | assume negative | |
    | unknown ignored | `unobserved_weight=0` |
    | weak assume negative | `unobserved_weight="wan"` |
    | label smoothing | `label_smoothing=0.1` |
    | implicit weighting | `gamma=0.7` |
    | cross entropy and mean absolute error | `q_neg=1` instead |
    | generalized cross entropy on positives too | `q_neg=0.7, q_pos=0.7` instead |

    Schneider et al., 2023, IEEE document 10386758 (the names); Zhang, Sabuncu: Generalized Cross Entropy Loss for
    Training Deep Neural Networks with Noisy Labels, NeurIPS 2018 (arXiv:1805.07836).

    Args:
        q_neg: $q_-$ in [0, 1]; 0.7 is the value of the generalized cross entropy paper. 0 is cross entropy.
        q_pos: $q_+$ in [0, 1] for positives. Above 0, gradients vanish on positives that the network misses.
        unobserved_weight: $w_u$ in [0, 1], or "wan" for 1/(L-1).
        gamma: $\gamma$ in [0, 1].
        detach_weight: keep gradients out of $(1-p)^\gamma$. Without, $p = 1$ everywhere is an optimum: see the warning.
        label_smoothing: $\varepsilon$ in [0, 0.5].
        reduction: single-positive losses use `mean_all`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is outside its range; "wan" with a single finding; or the reduction is unknown.

    Warns:
        UserWarning: settings whose optimum for a common finding is $p = 1$.

    Example:
        >>> loss = GeneralizedAssumeNegativeLoss(q_neg=1.0 - 1e-9)
        >>> loss(torch.tensor([[0.0, 5.0]]), torch.tensor([[1.0, torch.nan]]))  # (0.6931 + 0.9933) / 2
        tensor(0.8432)
    """

    def __init__(
        self,
        *,
        q_neg: float = 0.7,
        q_pos: float = 0.0,
        unobserved_weight: float | Literal["wan"] = 1.0,
        gamma: float = 0.0,
        detach_weight: bool = True,
        label_smoothing: float = 0.0,
        reduction: str | Reducer = "mean_all",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        name = type(self).__name__
        self.q_neg = number_in(name, "q_neg", q_neg, 0, 1)
        self.q_pos = number_in(name, "q_pos", q_pos, 0, 1)
        self.gamma = number_in(name, "gamma", gamma, 0, 1)
        self.label_smoothing = number_in(name, "label_smoothing", label_smoothing, 0, 0.5)
        self.detach_weight = detach_weight
        self.unobserved_weight = unobserved_weight
        if isinstance(unobserved_weight, str):
            if unobserved_weight != "wan":
                raise ConfigError(f'{name}: unobserved_weight is {unobserved_weight!r}; give a number, or "wan"')
        else:
            self.unobserved_weight = number_in(name, "unobserved_weight", unobserved_weight, 0, 1)
        self._warn_of_divergence()

    def curve(self, logits: Tensor, targets: Tensor, known: Tensor) -> Curve:
        """See `PointwiseLoss.curve`."""
        positive, negative = sides(logits)
        assumed = generalized_cross_entropy(negative, positive, self.q_neg)
        if self.gamma > 0:
            assumed = self._weighted(assumed, positive, negative)
        absent = choose(known, generalized_cross_entropy(negative, positive, 0), assumed)
        if self.label_smoothing > 0:
            targets = self.label_smoothing + (1 - 2 * self.label_smoothing) * targets
        return in_proportion(generalized_cross_entropy(positive, negative, self.q_pos), absent, targets)

    def cell_weight(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """See `PointwiseLoss.cell_weight`."""
        ones = torch.ones_like(logits)
        return ones if self.unobserved_weight == 1 else torch.where(known, ones, self._weight_of(logits.shape[1]))

    def _weighted(self, assumed: Term, positive: Side, negative: Side) -> Term:
        weight = power(negative.p, self.gamma, negative.log_p)
        value, pull = weight * assumed.value, weight * assumed.pull
        return Term(value, pull if self.detach_weight else pull - self.gamma * positive.p * value)

    def _weight_of(self, findings: int) -> float:
        if self.unobserved_weight != "wan":
            return self.unobserved_weight
        if findings == 1:
            raise ConfigError(f"{type(self).__name__}: unobserved_weight 1/(L-1) has no value for one finding")
        return 1 / (findings - 1)

    def _warn_of_divergence(self) -> None:
        if self.gamma > 0 and not self.detach_weight:
            trouble = "detach_weight=False makes p = 1 for every label an optimum"
        elif self.q_neg + self.gamma >= 1 and self.label_smoothing == 0:
            trouble = (
                f"q_neg + gamma = {self.q_neg + self.gamma:g} leaves a finding recorded in half of the images or more "
                "without a finite optimum"
            )
        else:
            return
        warnings.warn(f"{type(self).__name__}: {trouble}; logits may grow without bound", stacklevel=3)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return (
            f"q_neg={self.q_neg}, q_pos={self.q_pos}, unobserved_weight={self.unobserved_weight}, gamma={self.gamma}, "
            f"detach_weight={self.detach_weight}, label_smoothing={self.label_smoothing}, {super().extra_repr()}"
        )

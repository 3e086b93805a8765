"""Implicit weighting assume negative (IWAN): the network's own belief weighs what is assumed."""

from typing import Literal

from .generalized_assume_negative import GeneralizedAssumeNegativeLoss
from .reducers import Reducer


class ImplicitWeightingAssumeNegativeLoss(GeneralizedAssumeNegativeLoss):
    r"""Assumed negatives, each weighted by the predicted chance $(1-p)^\gamma$ that it is one.

    Reconstruction: the published definition was not available to us. See `GeneralizedAssumeNegativeLoss`, of which this
    is the member with `q_neg=0`.

    $t = y\,[-\log p] + (1-y)\,n$ with $p = \sigma(z)$; $w = 1$ where the label is known, else $w_u$.

    | label | $n$ |
    |---|---|
    | negative, or soft | $-\log(1-p)$: somebody looked |
    | unknown (NaN), $y = 0$ | $(1-p)^\gamma\,[-\log(1-p)]$, no gradient through the weight |

    Its gradient is that of `GeneralizedAssumeNegativeLoss(q_neg=gamma)`; only the value that is logged differs.

    Schneider et al., 2023, IEEE document 10386758 (the name).

    Args:
        gamma: $\gamma$ in [0, 1]; 0 is `AssumeNegativeLoss`.
        detach_weight: keep gradients out of the weight. Without, $p = 1$ for every label is an optimum.
        unobserved_weight: $w_u$ in [0, 1], or "wan" for 1/(L-1).
        reduction: single-positive losses use `mean_all`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is outside its range; "wan" with a single finding; or the reduction is unknown.

    Warns:
        UserWarning: `gamma` is 1, or the weight is not detached.

    Example:
        >>> import torch
        >>> loss = ImplicitWeightingAssumeNegativeLoss(gamma=0.5)
        >>> loss(torch.tensor([[0.0, 5.0]]), torch.tensor([[1.0, torch.nan]]))  # (0.6931 + 0.0818 * 5.0067) / 2
        tensor(0.5514)
    """

    def __init__(
        self,
        *,
        gamma: float = 0.7,
        detach_weight: bool = True,
        unobserved_weight: float | Literal["wan"] = 1.0,
        reduction: str | Reducer = "mean_all",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(
            q_neg=0.0,
            gamma=gamma,
            detach_weight=detach_weight,
            unobserved_weight=unobserved_weight,
            reduction=reduction,
            check_inputs=check_inputs,
        )

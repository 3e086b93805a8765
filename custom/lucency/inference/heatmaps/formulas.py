"""The family of Grad-CAM: from activations and gradients to a map of what speaks for and against a finding."""

from collections.abc import Callable

import torch
from torch import Tensor


def grad_cam(activations: Tensor, gradients: Tensor) -> Tensor:
    r"""$\sum_k \bar g_k A_k$: every channel weighs as much as its gradient does on average.

    Selvaraju et al.: Grad-CAM, ICCV 2017 (arXiv:1610.02391), equations 1 and 2 before the ReLU, times the number of
    places, so that a value is in the unit of the logit.

    Args:
        activations: $A$, (1, K, h, w).
        gradients: $g$, the gradients of the logits of F findings by the activations, (F, K, h, w).

    Returns:
        (F, h, w).

    Example:
        >>> activations = torch.tensor([[[[1.0, 3.0]], [[2.0, 0.0]]]])
        >>> gradients = torch.tensor([[[[0.5, 0.5]], [[-0.5, -0.5]]]])
        >>> grad_cam(activations, gradients)
        tensor([[[-1.,  3.]]])
    """
    return (gradients.sum((2, 3), keepdim=True) * activations).sum(1)


def hires_cam(activations: Tensor, gradients: Tensor) -> Tensor:
    r"""$\sum_k g_k A_k$: a gradient that differs from place to place is not averaged.

    Draelos and Carin: Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks,
    2020 (arXiv:2011.08891), times the number of places. Arguments and result as in `grad_cam`.
    """
    return (gradients * activations).sum(1) * gradients[0, 0].numel()


def grad_cam_plus_plus(activations: Tensor, gradients: Tensor) -> Tensor:
    r"""$\sum_k w_k A_k$ with $w_k = \sum g_k^2 / (2 g_k^2 + g_k^3 \sum A_k) \cdot \operatorname{ReLU}(g_k)$.

    Chattopadhay et al.: Grad-CAM++, WACV 2018 (arXiv:1710.11063), equations 5 and 19. The factor of the whole map, the
    exponential of the logit, is left out. MONAI 1.6.1 takes $\sum g_k^3 A_k$ for $g_k^3 \sum A_k$, which is the same
    where the gradient is even, and adds 1e-7 to squares that can be smaller. Arguments and result as in `grad_cam`.
    """
    denominator = 2 + gradients * activations.sum((2, 3), keepdim=True)
    shares = gradients.relu() / torch.where(denominator == 0, torch.inf, denominator)
    return (shares.sum((2, 3), keepdim=True) * activations).sum(1)


FORMULAS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "gradcam": grad_cam,
    "gradcam++": grad_cam_plus_plus,
    "hirescam": hires_cam,
}

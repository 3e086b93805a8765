"""Sharpening: from what the network believes to what it is taught to believe."""

import torch
from torch import Tensor


def sharpen(probabilities: Tensor, threshold: float = 0.5, temperature: float = 4.0) -> Tensor:
    r"""Move each probability the share $1/t$ of its way to 1 if it is above $\tau$, else to 0.

    $\tilde a = a + (1-a)/t$ if $a > \tau$, else $a - a/t$. $t = 1$ gives a hard label, as FixMatch takes; $t = \infty$
    gives $a$ back. The poster writes both cases with equality; at $a = \tau$ it goes down here, as most findings are
    absent. A gradient flows unless `probabilities` are detached, which `LabelAssembleLoss` does.

    Kang et al.: Label-Assemble: Leveraging Multiple Datasets with Partial Labels, ISBI 2023 (arXiv:2109.12265).

    Args:
        probabilities: any shape, floating point, in [0, 1].
        threshold: $\tau$; the paper uses 0.5.
        temperature: $t$, 1 or more; the authors' code uses 4.

    Returns:
        Same shape and dtype.

    Example:
        >>> sharpen(torch.tensor([0.2, 0.5, 0.6]))
        tensor([0.1500, 0.3750, 0.7000])
    """
    side = (probabilities > threshold).to(probabilities.dtype)
    return torch.lerp(probabilities, side, 1 / temperature)  # exact at both ends, which a + (1 - a) is not

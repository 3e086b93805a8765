r"""From a query to the weights that answer it: $\theta = w(q)$, linear, by a small network, or for each image anew.

All begin so that logits have the spread of `nn.Linear`'s, if queries are about of length 1 as `initial_queries` makes
them; the biases of the logits begin at zero as in MONAI's DenseNet.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LinearController(nn.Module):
    r"""$\theta_l = A q_l$, whose last number is the logit's bias: $z_l = \theta_{l,1:F} \cdot x + \theta_{l,F+1}$.

    $A$ has no bias of its own, so that unit vectors as queries make it exactly `nn.Linear`.

    Args:
        in_features: F.
        query_dim: D.

    Example:
        >>> LinearController(4, 3)(torch.ones(2, 4), torch.eye(3)).shape
        torch.Size([2, 3])
    """

    def __init__(self, in_features: int, query_dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(linear_columns(in_features, query_dim))

    def forward(self, features: Tensor, queries: Tensor, columns: Tensor | None = None) -> Tensor:
        """Logits (B, L) of features (B, F) and queries (L, D); further `columns` of A serve queries of more numbers."""
        weight = self.weight if columns is None else torch.cat([self.weight, columns], dim=1)
        theta = F.linear(queries, weight)
        return F.linear(features, theta[:, :-1], theta[:, -1])


class MLPController(nn.Module):
    r"""$\theta_l = V \operatorname{ReLU}(U q_l + u) + v$, applied as in `LinearController`.

    Args:
        in_features: F.
        query_dim: D.
        hidden: H.

    Example:
        >>> MLPController(4, 3, hidden=8)(torch.ones(2, 4), torch.eye(3)).shape
        torch.Size([2, 3])
    """

    def __init__(self, in_features: int, query_dim: int, hidden: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(query_dim, hidden)
        self.out = nn.Linear(hidden, in_features + 1)
        _normal(self.hidden, (2 / hidden) ** 0.5)  # half are silent: length 1 all the same
        _uniform(self.out, in_features**-0.5)

    def forward(self, features: Tensor, queries: Tensor, columns: Tensor | None = None) -> Tensor:
        """Logits (B, L) of features (B, F) and queries (L, D)."""
        theta = self.out(torch.relu(self.hidden(queries)))
        return F.linear(features, theta[:, :-1], theta[:, -1])


class ImageConditionedController(nn.Module):
    r"""Weights for each image and finding, of a head on R reduced features: $z_{bl} = \theta_{bl} \cdot [P x_b; 1]$.

    $\theta_{bl} = V \operatorname{ReLU}(U [\hat x_b; q_l] + u) + v \in \mathbb{R}^{R+1}$, $\hat x$ the features with
    mean 0 and variance 1 over their F numbers. The reduction keeps memory at $BL(H + R)$ numbers.

    DoDNet conditions convolutions on image and task in this way (Zhang et al., CVPR 2021, arXiv:2011.10217); this form
    for logits is ours. A linear controller would not do: what it adds for an image is the same for all findings.

    Args:
        in_features: F.
        query_dim: D.
        hidden: H.
        reduced: R.

    Example:
        >>> ImageConditionedController(4, 3, hidden=8, reduced=2)(torch.ones(2, 4), torch.eye(3)).shape
        torch.Size([2, 3])
    """

    def __init__(self, in_features: int, query_dim: int, hidden: int, reduced: int) -> None:
        super().__init__()
        self.reduce = nn.Linear(in_features, reduced, bias=False)
        self.hidden_image = nn.Linear(in_features, hidden, bias=False)
        self.hidden_query = nn.Linear(query_dim, hidden)
        self.out = nn.Linear(hidden, reduced + 1)
        _normal(self.hidden_image, (hidden * in_features) ** -0.5)  # image and query have an equal say
        _normal(self.hidden_query, hidden**-0.5)
        _uniform(self.out, (3 / reduced) ** 0.5)

    def forward(self, features: Tensor, queries: Tensor, columns: Tensor | None = None) -> Tensor:
        """Logits (B, L) of features (B, F) and queries (L, D)."""
        image = self.hidden_image(F.layer_norm(features, features.shape[1:]))
        theta = self.out(torch.relu(image[:, None] + self.hidden_query(queries)))
        logits: Tensor = (theta[..., :-1] @ self.reduce(features)[..., None]).squeeze(-1) + theta[..., -1]
        return logits


def linear_columns(in_features: int, columns: int) -> Tensor:
    """Weights and biases (F + 1, columns) as `nn.Linear` and MONAI begin them: one column an output, biases zero.

    Example:
        >>> linear_columns(5, 2)[-1]
        tensor([0., 0.])
    """
    weight = nn.Linear(in_features, columns).weight.detach()
    return torch.cat([weight.T, torch.zeros(1, columns)])


def _normal(layer: nn.Linear, spread: float) -> None:
    nn.init.normal_(layer.weight, std=spread)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _uniform(layer: nn.Linear, bound: float) -> None:
    nn.init.uniform_(layer.weight, -bound, bound)
    nn.init.zeros_(layer.weight[-1])  # the biases of the logits
    nn.init.zeros_(layer.bias)

"""A classification head that generates its weights from one query a finding."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from .own_precision import OwnPrecision
from .query_controllers import ImageConditionedController, LinearController, MLPController, linear_columns
from .query_vectors import Vectors, given_queries, initial_queries

CONTROLLERS = ("linear", "mlp")


class ClassQueryHead(OwnPrecision):
    r"""Logits $z = w(q; \theta) \cdot f(x)$, weights generated from one query a finding; a **reconstruction**.

    Label-Assemble gives each finding a query vector $q_l$ and lets one controller $w$ make the finding's weights and
    bias out of it: $\theta = w(Q) \in \mathbb{R}^{L \times (F+1)}$, $z = x \theta_{:, 1:F}^\top + \theta_{:, F+1}$.
    Findings can be added to a trained model with nothing else of it changed, see `append_findings`.

    The paper gives no dimensions, and its published program holds an `nn.Linear` in this place. One-hot queries with a
    linear controller, which is the default, **are** an `nn.Linear` and gain nothing over it but that findings can be
    appended: exactly so with ``learnable=False``; learnable queries span the same logits on another path. What can
    gain is sharing between findings: fewer dimensions than findings, an MLP, given vectors that know which findings
    are alike, or weights that depend on the image.

    Everything runs in the precision of the parameters with autocast switched off; only inside a TorchScript module
    under autocast do the products follow autocast.

    Kang et al.: Label-Assemble: Leveraging Multiple Datasets with Partial Labels, ISBI 2023 (arXiv:2109.12265).

    Tensors:
        features: (B, F) floating point, $f(x)$ averaged over the image.
        logits: (B, L) in the dtype of the parameters, before the sigmoid.

    Args:
        in_features: F; the paper's DenseNet121 has 1024.
        out_features: L, one logit a finding, the appended ones included.
        query_dim: D, numbers in a query; by default the number of findings that are not appended, or as wide as the
            given vectors.
        init: `onehot`, as readers of the paper report, `normal`, vectors (L, D), or the path of a `.npy` file of them,
            see `initial_queries`. In inference, where weights are loaded over them, vectors need not be at hand:
            ``normal`` with their `query_dim` makes the same network.
        learnable: whether queries are trained, as those readers report too.
        controller: `linear` or `mlp`.
        hidden: hidden units of an `mlp`.
        image_conditioned: generate weights for each image too, see `ImageConditionedController`; needs `mlp`.
        reduced_features: features that image-conditioned weights act on.
        appended: how many of the last findings were appended, in one step or in several, as `append_findings` leaves
            them: [2, 1] says two, then one.

    Raises:
        ConfigError: an argument that no such head can have; the message names it.

    Example:
        >>> head = ClassQueryHead(8, 3)
        >>> head(torch.rand(2, 8)).shape
        torch.Size([2, 3])
        >>> shared = ClassQueryHead(8, 14, query_dim=4, init="normal", controller="mlp", hidden=16)
        >>> sum(parameter.numel() for parameter in shared.parameters())  # 14 x 4 queries, 80 + 153 of the controller
        289
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        query_dim: int | None = None,
        *,
        init: str | Path | Vectors = "onehot",
        learnable: bool = True,
        controller: str = "linear",
        hidden: int = 64,
        image_conditioned: bool = False,
        reduced_features: int = 64,
        appended: int | Sequence[int] = (),
    ) -> None:
        super().__init__()
        groups = [appended] if isinstance(appended, int) else list(appended)
        for name, number in [
            ("in_features", in_features),
            ("out_features", out_features),
            ("query_dim", 1 if query_dim is None else query_dim),
            ("hidden", hidden),
            ("reduced_features", reduced_features),
            *(("appended", count) for count in groups),
        ]:
            _check(name, number, type(number) is int and number >= 1, "give a whole number from 1")
        _check("controller", controller, controller in CONTROLLERS, f"give one of {', '.join(CONTROLLERS)}")
        _check("appended", appended, sum(groups) < out_features, f"of {out_features} findings one must be the first")
        _check(
            "controller",
            controller,
            not image_conditioned or controller == "mlp",
            "image_conditioned needs mlp: what a linear one adds for an image is the same for all findings",
        )
        queries = initial_queries(init, out_features - sum(groups), query_dim)
        self.in_features = in_features
        self.query_dim: int = queries.shape[1]
        self.learnable = learnable
        self.one_hot_linear = controller == "linear" and isinstance(init, str) and init == "onehot"
        self.controller: nn.Module
        if image_conditioned:
            self.controller = ImageConditionedController(in_features, self.query_dim, hidden, reduced_features)
        elif controller == "mlp":
            self.controller = MLPController(in_features, self.query_dim, hidden)
        else:
            self.controller = LinearController(in_features, self.query_dim)
        self.groups = nn.ModuleList([QueryGroup(queries, learnable)])
        self.out_features = len(queries)
        for count in groups:
            self.add_group(count)

    def take_linear(self, linear: nn.Linear) -> None:
        """Let the findings that are not appended begin as this layer has them.

        Only with one-hot queries, before training, and a linear controller.

        Example:
            >>> linear, head = nn.Linear(8, 3), ClassQueryHead(8, 3)
            >>> head.take_linear(linear)
            >>> torch.allclose(head(torch.ones(1, 8)), linear(torch.ones(1, 8)))
            True
        """
        columns = torch.cat([linear.weight, linear.bias[:, None]], dim=1).T[:, : len(self._first_queries())]
        with torch.no_grad():
            self.get_parameter("controller.weight")[:, : columns.shape[1]] = columns

    def add_group(self, count: int, queries: Vectors | str | Path | None = None) -> None:
        """Add outputs at the end; `append_findings` is the way to do so with a trained model."""
        former, columns = self._first_queries(), None
        if self.one_hot_linear:
            _check("queries", "given", queries is None, "one-hot ones are made, not given; leave them out")
            own = torch.cat([torch.zeros(count, self.query_dim), torch.eye(count)], dim=1)
            columns = linear_columns(self.in_features, count)
        elif queries is None:
            own = initial_queries("normal", count, self.query_dim) * former.norm(dim=1).mean().cpu()
        else:
            own = given_queries(queries, count, self.query_dim)
        self.groups.append(QueryGroup(own, self.learnable, columns).to(former))
        self.out_features += count

    def _first_queries(self) -> Tensor:
        return self.get_parameter("groups.0.queries").detach()

    def _logits(self, features: Tensor) -> Tensor:
        logits: list[Tensor] = []
        for group in self.groups:  # each by itself: in one product with more findings the last bits differ
            queries: Tensor = group.queries  # type: ignore[assignment]
            logits.append(self.controller(features.to(queries.dtype), queries, group.columns))
        return torch.cat(logits, dim=1)


class QueryGroup(nn.Module):
    """Queries of findings that were trained together, and the columns of the controller that are theirs alone."""

    columns: Tensor | None

    def __init__(self, queries: Tensor, learnable: bool, columns: Tensor | None = None) -> None:
        super().__init__()
        self.queries = nn.Parameter(queries, requires_grad=learnable)
        self.register_parameter("columns", None if columns is None else nn.Parameter(columns))


def _check(argument: str, value: object, right: bool, mend: str) -> None:
    if not right:
        raise ConfigError(f"ClassQueryHead: {argument} is {value}; {mend}")

"""AUROC and average precision of every finding as the key metric of a MONAI or ignite engine."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from ignite.engine import Engine
from ignite.metrics import Metric
from torch import Tensor

from ..errors import ConfigError, LucencyError
from .gather_ranks import gather_ranks
from .ranking import RankingResult, ranking_metrics


def prediction_and_label(output: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]]) -> tuple[Any, Any]:
    """What a MONAI engine calls `pred` and `label`, of a batch or of a decollated list of images.

    Example:
        >>> prediction_and_label([{"pred": 1, "label": 2}, {"pred": 3, "label": 4}])
        ([1, 3], [2, 4])
    """
    if isinstance(output, Mapping):
        return output["pred"], output["label"]
    return [image["pred"] for image in output], [image["label"] for image in output]


class FindingMetrics(Metric):  # type: ignore[misc]
    """Macro AUROC over the defined findings, with every finding's own figures beside it.

    Scores may be logits or probabilities: only their order counts. Labels are 1, 0, or NaN for unknown. A finding
    without both classes is left out of the mean; an epoch in which no finding has both ends with an error, so that
    a best checkpoint is never chosen by NaN.

    Batches stay on their device until the epoch ends. Under DDP every rank must run the evaluator; each then sends its
    scores and labels once (`gather_ranks`). Every image must come once, on one rank, as from
    `lucency.data.pixel_cache.BatchLoader` or `monai.data.DistributedSampler(even_divisible=False)`: one that a sampler
    repeats to make ranks equally long counts twice.

    At the end of an epoch, for a metric attached as `name`:

    * `engine.state.metrics[name]`: macro AUROC, float; what MONAI compares as key metric.
    * `engine.state.metrics[average_precision_name]`: macro average precision, float.
    * `engine.state.metric_details[name]`: per finding `auroc`, `average_precision` (None where undefined),
      `n_positive`, `n_negative`. MONAI's `MetricsSaver` expects arrays there: let it save `metrics` alone.

    Args:
        findings: names of the L columns.
        average_precision_name: key of the macro average precision.
        output_transform: engine output to (scores, labels): two tensors (B, L), or two lists of tensors (L,).

    Raises:
        ConfigError: `findings` is empty or names one twice.

    Example:
        >>> from ignite.engine import Engine
        >>> scores, labels = torch.tensor([[-2.0, 0.3], [1.5, 0.1]]), torch.tensor([[0.0, 1.0], [1.0, torch.nan]])
        >>> engine = Engine(lambda engine, batch: batch)
        >>> FindingMetrics(findings=["edema", "mass"]).attach(engine, "macro_auroc")
        >>> state = engine.run([{"pred": scores, "label": labels}])
        >>> state.metrics["macro_auroc"]
        1.0
        >>> state.metric_details["macro_auroc"]["mass"]
        {'auroc': None, 'average_precision': None, 'n_positive': 1, 'n_negative': 0}
    """

    def __init__(
        self,
        *,
        findings: Sequence[str],
        average_precision_name: str = "val_macro_average_precision",
        output_transform: Callable[[Any], tuple[Any, Any]] = prediction_and_label,
    ) -> None:
        if not findings or len(set(findings)) != len(findings):
            raise ConfigError(f"FindingMetrics: findings are {list(findings)}; name every column once")
        self.findings = tuple(findings)
        self.average_precision_name = average_precision_name
        # ignite would unroll decollated lists and call `update` once an image
        super().__init__(output_transform=output_transform, skip_unrolling=True)

    def reset(self) -> None:
        """Forget all batches; ignite calls this when an epoch starts."""
        self._scores: list[Tensor] = []
        self._targets: list[Tensor] = []

    def update(self, output: tuple[Tensor | Sequence[Tensor], Tensor | Sequence[Tensor]]) -> None:
        """Keep the scores and labels of one batch.

        Raises:
            LucencyError: the tensors are not (images, findings).
        """
        scores, targets = (_kept(part) for part in output)
        expected = (len(scores), len(self.findings))
        if scores.shape != expected or targets.shape != expected:
            raise LucencyError(
                f"FindingMetrics: scores {tuple(scores.shape)} and labels {tuple(targets.shape)} do not fit "
                f"{len(self.findings)} findings; give both as (images, findings)"
            )
        self._scores.append(scores)
        self._targets.append(targets)

    def compute(self) -> float:
        """Macro AUROC over all batches and ranks.

        Raises:
            LucencyError: a score is not finite, or no finding has both classes. All ranks raise: none is left waiting.
            LabelError: a label is not 0, 1 or NaN.
        """
        return self.compute_all()[0].macro

    def compute_all(self) -> tuple[RankingResult, RankingResult]:
        """AUROC and average precision of every finding over all batches and ranks; raises as `compute`."""
        empty = [torch.empty(0, len(self.findings))]  # a rank may have seen no image
        scores, targets = (torch.cat(parts or empty) for parts in (self._scores, self._targets))
        scores, targets = gather_ranks(scores, targets)
        return ranking_metrics(scores.numpy(), targets.numpy(), self.findings)

    def completed(self, engine: Engine, name: str) -> None:
        """Put the results into the engine's state; ignite calls this when an epoch ends."""
        auroc, precision = self.compute_all()
        engine.state.metrics[name] = auroc.macro
        engine.state.metrics[self.average_precision_name] = precision.macro
        if not hasattr(engine.state, "metric_details"):  # MONAI engines have it, plain ignite engines do not
            engine.state.metric_details = {}
        engine.state.metric_details[name] = _by_finding(self.findings, auroc, precision)


def _by_finding(findings: Sequence[str], auroc: RankingResult, precision: RankingResult) -> dict[str, dict[str, Any]]:
    columns = zip(auroc.values, precision.values, auroc.n_positive, auroc.n_negative, auroc.defined, strict=True)
    return {
        finding: {
            "auroc": float(area) if defined else None,
            "average_precision": float(average) if defined else None,
            "n_positive": int(positive),
            "n_negative": int(negative),
        }
        for finding, (area, average, positive, negative, defined) in zip(findings, columns, strict=True)
    }


def _kept(part: Tensor | Sequence[Tensor]) -> Tensor:
    """A copy on the same device, which does not wait for it: a compiled network may reuse the memory of its output."""
    batch = part if isinstance(part, Tensor) else torch.stack(list(part))
    exact = torch.float32 if batch.dtype in (torch.float16, torch.bfloat16, torch.float32) else torch.float64
    return batch.detach().as_subclass(Tensor).to(exact, copy=True)

"""A published network, read from its weights: what it answers and its tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...errors import ConfigError
from .densenet_state import FIRST, LAST, plain_names, to_monai
from .labels import finding_ids
from .original_state import read_original_state
from .originals import ORIGINALS, TORCHXRAYVISION, Original

_THRESHOLDS = "op_threshs"  # a buffer of TorchXRayVision's networks, NaN where an output was not trained


@dataclass(frozen=True)
class PublishedNetwork:
    """A network as a Lucency bundle holds it.

    Attributes:
        original: what is known of it without its weights.
        labels: the original's names of the outputs that are kept.
        findings: their ids.
        dropped: number of outputs that are left out, as they were not trained.
        thresholds: published ones, of probabilities, by finding.
        state: tensors of ``Sequential(Conv2d, DenseNet121)``: scaling of the image, network.
    """

    original: Original
    labels: tuple[str, ...]
    findings: tuple[str, ...]
    dropped: int
    thresholds: Mapping[str, float]
    state: Mapping[str, Tensor]


def read_published_network(
    weights: str | Path, original: Original, labels: Sequence[str] | None = None
) -> PublishedNetwork:
    """Read a state dict, check that it is all of the network that it should be, and name its outputs.

    Args:
        weights: its file.
        original: which network it should be.
        labels: as for `convert_weights`.

    Raises:
        ConfigError, LabelError: as `convert_weights`.
    """
    path = Path(weights)
    state = plain_names(read_original_state(path), path)
    _check_channels(state[FIRST], original, path)
    outputs = len(state[LAST])
    published = state.pop(_THRESHOLDS, None) if original is TORCHXRAYVISION else None
    if published is not None:
        _check_thresholds(published, outputs, path)
    names = _own_labels(original, outputs, published, path) if labels is None else tuple(labels)
    if len(names) != outputs:
        raise ConfigError(f"{path}: the network has {outputs} outputs, but {len(names)} labels are given; name each")
    ids = finding_ids(names)
    kept = [index for index, finding in enumerate(ids) if finding]
    findings = tuple(finding for finding in ids if finding)
    densenet = to_monai(state, path, keep=kept)
    scaling = {
        "0.weight": torch.tensor(original.scale)[:, None, None, None],
        "0.bias": torch.tensor(original.offset),
    }
    return PublishedNetwork(
        original=original,
        labels=tuple(names[index] for index in kept),
        findings=findings,
        dropped=outputs - len(kept),
        thresholds=_by_finding(findings, published, kept),
        state=scaling | {f"1.{name}": tensor for name, tensor in densenet.items()},
    )


def _check_channels(convolution: Tensor, original: Original, path: Path) -> None:
    channels, wanted = convolution.shape[1], len(original.scale)
    if channels != wanted:
        others = [f"--kind {kind}" for kind, other in ORIGINALS.items() if len(other.scale) == channels]
        hint = f"; is it {others[0]}?" if others else "; only images of one channel, or one copied to three, are known"
        raise ConfigError(f"{path}: takes images of {channels} channels, but a {original.title} takes {wanted}{hint}")


def _check_thresholds(published: Tensor, outputs: int, path: Path) -> None:
    given = published[~published.isnan()]
    if published.shape != (outputs,) or not ((given > 0) & (given < 1)).all():
        raise ConfigError(
            f"{path}: {_THRESHOLDS} should be {outputs} probabilities or NaN, but are {published.tolist()!s:.80}; "
            "take them out of the state dict and give --findings"
        )


def _own_labels(original: Original, outputs: int, published: Tensor | None, path: Path) -> tuple[str, ...]:
    if outputs != len(original.labels):
        raise ConfigError(
            f"{path}: has {outputs} outputs, not the {len(original.labels)} of the published {original.title}; "
            "name them by --findings"
        )
    if original is not TORCHXRAYVISION:
        return original.labels
    if published is None:
        raise ConfigError(
            f"{path}: has no {_THRESHOLDS}, which tell which outputs were trained; save the state dict of "
            "torchxrayvision.models.DenseNet(weights=NAME), or name the outputs by --findings, untrained ones empty"
        )
    return tuple(
        "" if untrained else label for label, untrained in zip(original.labels, published.isnan(), strict=True)
    )


def _by_finding(findings: Sequence[str], published: Tensor | None, kept: Sequence[int]) -> dict[str, float]:
    if published is None:
        return {}
    pairs = zip(findings, published[list(kept)].tolist(), strict=True)
    return {finding: threshold for finding, threshold in pairs if threshold == threshold}  # NaN is not itself

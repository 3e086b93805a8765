"""Going on from a trained model with more findings than it knows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from ..errors import ConfigError
from ..files import first_few
from ..networks import ClassQueryDenseNet, ClassQueryHead, append_findings
from ..networks.query_vectors import Vectors
from .weights import check_trained_findings, load_network_state, read_weights

HEAD = "class_layers.out"


def append_to_trained(
    *,
    network: ClassQueryDenseNet,
    weights: str | Path,
    trained_findings: Sequence[str],
    findings: Sequence[str],
    queries: Vectors | str | Path | None = None,
) -> ClassQueryDenseNet:
    """Load a trained network and append the findings that it lacks; only what is theirs is left to train.

    Takes the place of the network in a configuration, before an optimiser or DistributedDataParallel sees it. In
    inference `ClassQueryDenseNet` with `appended` makes the network that the resulting checkpoint belongs to.

    Args:
        network: as it was trained, one output for each of `trained_findings`.
        weights: its checkpoint, `.pt` or `.safetensors`; also one of a plain DenseNet121 if `network` has one-hot
            queries and a linear controller.
        trained_findings: ids in the order of the trained outputs.
        findings: ids of all outputs: those of `trained_findings` in the same order, then those to append.
        queries: see `append_findings`.

    Returns:
        The larger network, see `append_findings`.

    Raises:
        ConfigError: the network has no class queries; the lists do not fit each other or it; the weights are absent,
            unreadable, of another network, or lie beside the record of a run with other findings; what
            `append_findings` refuses.
    """
    if not isinstance(network, ClassQueryDenseNet):
        raise ConfigError(
            f"network: is a {type(network).__name__}; give lucency.networks.ClassQueryDenseNet, which takes "
            "the weights of a plain DenseNet121 too"
        )
    for name, ids in (("trained_findings", trained_findings), ("findings", findings)):
        if isinstance(ids, str):
            raise ConfigError(f"{name}: is the text {ids!r}; give a list of finding ids")
    path = Path(weights)
    _check(list(trained_findings), list(findings), network.class_layers.out.out_features)
    check_trained_findings(path, list(trained_findings), key="trained_findings")
    load_network_state(network, _query_state(read_weights(path), network.class_layers.out, path), path)
    return append_findings(network, len(findings) - len(trained_findings), queries=queries)


def _query_state(state: Mapping[str, Any], head: ClassQueryHead, path: Path) -> Mapping[str, Any]:
    """What is an `nn.Linear` in the checkpoint, as the parameters of the head that it equals."""
    plain = {name: state[f"{HEAD}.{name}"] for name in ("weight", "bias") if f"{HEAD}.{name}" in state}
    if not plain or not head.one_hot_linear:
        return state
    linear = nn.Linear(head.in_features, head.out_features)
    load_network_state(linear, plain, path)
    head.take_linear(linear)
    features = {name: tensor for name, tensor in state.items() if name.removeprefix(f"{HEAD}.") not in plain}
    return features | {f"{HEAD}.{name}": tensor for name, tensor in head.state_dict().items()}


def _check(trained: list[str], findings: list[str], outputs: int) -> None:
    for name, ids in (("trained_findings", trained), ("findings", findings)):
        if twice := sorted({finding for finding in ids if ids.count(finding) > 1}):
            raise ConfigError(f"{name}: {first_few(twice)} twice; name each finding once")
    if len(trained) != outputs:
        raise ConfigError(
            f"trained_findings: names {len(trained)} findings, but the trained network has {outputs} outputs; "
            "name the findings that it was trained with, in their order"
        )
    if lost := [finding for finding in trained if finding not in findings]:
        raise ConfigError(f"findings: lacks {first_few(lost)}, which the trained network knows; what is known stays")
    if findings[: len(trained)] != trained:
        raise ConfigError(
            f"findings: must begin with the trained findings in their order ({first_few(trained, 20)}); "
            "append the others behind them"
        )
    if len(findings) == len(trained):
        raise ConfigError("findings: names nothing that the trained network lacks; add the findings to append")

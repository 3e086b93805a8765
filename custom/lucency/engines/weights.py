"""Loading weights that come from elsewhere: untrusted, perhaps missing, perhaps of another network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from ignite.engine import Engine, Events
from torch import nn

from ..errors import ConfigError
from ..files import first_few


class LoadWeights:
    """Load `path` into `network` when the engine starts; without weights there is no run.

    Accepts a plain ``state_dict`` as ``.pt`` (read with ``weights_only=True``: no code in the file is executed) or as
    ``.safetensors``, and a `last.pt` of `RunCheckpoint`. Every parameter must be there with its shape.

    Args:
        path: the weights file.
        network: the network to fill, wrapped in DistributedDataParallel or not.
        findings: ids of its outputs, to be compared with those of the training run, see `check_trained_findings`.

    Raises:
        ConfigError: the file is absent, unreadable, or made for another network or other findings; the message names
            the first parameters that do not fit.
    """

    def __init__(self, *, path: str | Path, network: nn.Module, findings: Sequence[str] | None = None) -> None:
        self.path = Path(path)
        self.network = network
        self.findings = findings

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator."""
        engine.add_event_handler(Events.STARTED, self)

    def __call__(self, engine: Engine) -> None:
        """Fill the network."""
        network = self.network.module if isinstance(self.network, nn.parallel.DistributedDataParallel) else self.network
        load_network_state(network, read_weights(self.path), self.path)
        if self.findings is not None:
            check_trained_findings(self.path, list(self.findings))
        engine.logger.info(f"Loaded the weights {self.path}.")


def read_weights(path: Path) -> Mapping[str, Any]:
    """Read a ``state_dict`` from a ``.pt`` or ``.safetensors`` file onto the CPU without executing anything in it."""
    if not path.is_file():
        raise ConfigError(f"{path}: no weights there; train first, or give the path of a model.pt by --weights")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        content = torch.load(path, map_location="cpu", weights_only=True)
        state: Mapping[str, Any] = content.get("network", content)
        return state
    except Exception as error:  # torch and safetensors raise many types for a file that holds no weights
        raise ConfigError(
            f"{path}: holds no readable weights ({type(error).__name__}); download or train it again"
        ) from error


def check_trained_findings(weights: Path, findings: Sequence[str], key: str = "findings") -> None:
    """Compare names and order of outputs with `config.yaml` of the training run, if the weights still lie beside it.

    The weights hold no names themselves: in another order they would answer under wrong names without a word.

    Args:
        weights: file of the weights.
        findings: ids as this configuration has them.
        key: where it has them, for the message.

    Raises:
        ConfigError: the run was trained with other findings, or in another order.
    """
    record = weights.with_name("config.yaml")
    config = yaml.safe_load(record.read_text(encoding="utf-8")) if record.is_file() else None
    known = config.get("findings") if isinstance(config, dict) else None
    if isinstance(known, list) and known != list(findings):
        raise ConfigError(
            f"{key}: {weights} was trained with others, or in another order, says {record.name} beside it; "
            f"give {first_few(known, 20)}"
        )


def load_network_state(network: nn.Module, state: Mapping[str, Any], path: Path) -> None:
    """Fill `network` from `state`, or say in one line why it does not fit.

    Example:
        >>> load_network_state(nn.Linear(2, 1), {"weight": torch.ones(3, 2)}, Path("model.pt"))
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: model.pt: made for another network than Linear: 1 parameter is missing (bias);
            1 has another shape (weight (3, 2) instead of (1, 2)); keep run.json of their training beside weights, or
            give the findings and keys of network_def that they were trained with
    """
    wanted = network.state_dict()
    missing = [name for name in wanted if name not in state]
    foreign = [name for name in state if name not in wanted]
    reshaped = [
        f"{name} {tuple(state[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in state and state[name].shape != tensor.shape
    ]
    complaints = [
        f"{len(names)} {singular if len(names) == 1 else plural} ({first_few(names)})"
        for names, singular, plural in (
            (missing, "parameter is missing", "parameters are missing"),
            (reshaped, "has another shape", "have another shape"),
            (foreign, "is unknown", "are unknown"),
        )
        if names
    ]
    if complaints:
        raise ConfigError(
            f"{path}: made for another network than {type(network).__name__}: {'; '.join(complaints)}; "
            "keep run.json of their training beside weights, or give the findings and keys of network_def that they "
            "were trained with"
        )
    network.load_state_dict(state)

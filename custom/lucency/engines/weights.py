"""Loading weights that come from elsewhere: untrusted, perhaps missing, perhaps of another network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
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

    Raises:
        ConfigError: the file is absent, unreadable, or made for another network; the message names the first
            parameters that do not fit.
    """

    def __init__(self, *, path: str | Path, network: nn.Module) -> None:
        self.path = Path(path)
        self.network = network

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator."""
        engine.add_event_handler(Events.STARTED, self)

    def __call__(self, engine: Engine) -> None:
        """Fill the network."""
        network = self.network.module if isinstance(self.network, nn.parallel.DistributedDataParallel) else self.network
        load_network_state(network, read_weights(self.path), self.path)
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


def load_network_state(network: nn.Module, state: Mapping[str, Any], path: Path) -> None:
    """Fill `network` from `state`, or say in one line why it does not fit.

    Example:
        >>> load_network_state(nn.Linear(2, 1), {"weight": torch.ones(3, 2)}, Path("model.pt"))
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: model.pt: made for another network than Linear: 1 parameter is missing (bias);
            1 has another shape (weight (3, 2) instead of (1, 2)); use weights and configuration of the same model
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
            "use weights and configuration of the same model"
        )
    network.load_state_dict(state)

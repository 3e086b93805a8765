"""The layer that turns features into one logit a finding."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from monai.networks.utils import eval_mode
from torch import Tensor, nn

from ..errors import ConfigError

TOLERANCE = 1e-3  # of the largest logit, for a layer to be linear: float32 and TF32 are, a bent head is not


class LastLayer:
    """Reads the features (B, F) that enter the last layer of a network while it predicts.

    Args:
        network: the network.
        findings: logits of an image.
        name: of the layer; if not given it is the last `nn.Linear` with so many outputs.

    Raises:
        ConfigError: there is no such layer, or it does not say how many features it takes.

    Example:
        >>> network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        >>> layer = LastLayer(network, findings=2)
        >>> with layer.listening():
        ...     layer.features_of(network(torch.ones(3, 4))).shape
        torch.Size([3, 8])
    """

    def __init__(self, network: nn.Module, findings: int, name: str | None = None) -> None:
        self.network = network
        self.name, self.module = _find(network, findings, name)
        if not isinstance(getattr(self.module, "in_features", None), int):
            raise self._error("does not say how many features it takes")
        self.in_features = int(self.module.in_features)  # type: ignore[arg-type]
        self._seen: tuple[Tensor, Tensor] | None = None
        self._checked = isinstance(self.module, nn.Linear)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note what enters and leaves the layer."""
        hook = self.module.register_forward_hook(self._note)
        try:
            yield
        finally:
            hook.remove()
            self._seen = None

    def features_of(self, logits: Tensor) -> Tensor:
        """Features (B, F) of the last forward pass.

        Args:
            logits: (B, L) float32 of that pass, which must be what left the layer.

        Raises:
            ConfigError: the layer took no part, its output is not the logits, or they are no linear function of (B, F).
        """
        if self._seen is None:
            raise self._error("took no part in the prediction")
        features, output = self._seen
        self._seen = None
        if features.shape != (len(logits), self.in_features):
            raise self._error(f"takes {tuple(features.shape)}, not {self.in_features} features an image")
        if output.shape != logits.shape or not torch.allclose(output.float(), logits, rtol=0, atol=0, equal_nan=True):
            raise self._error("does not give the network's logits")
        if not self._checked:
            self._check_linear(features)
        return features

    def _note(self, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        self._seen = (inputs[0], output)

    def _check_linear(self, features: Tensor) -> None:
        others = features.roll(1, dims=1)  # as large, in another direction
        with eval_mode(self.network):
            first, second, between = (self.module(x) for x in (features, others, (features + others) / 2))
        self._seen = None
        if ((first + second) / 2 - between).abs().max() > TOLERANCE * first.abs().max():
            raise self._error("is no linear function of its features")
        self._checked = True

    def _error(self, reason: str) -> ConfigError:
        return ConfigError(
            f"layer '{self.name}' ({type(self.module).__name__}) {reason}; "
            "name as layer the one that turns an image's features into its logits, if the network has one"
        )


def _find(network: nn.Module, findings: int, name: str | None) -> tuple[str, nn.Module]:
    layers = dict(network.named_modules())
    if name is not None:
        if name not in layers:
            raise ConfigError(f"{type(network).__name__} has no layer '{name}'; its last is '{[*layers][-1]}'")
        return name, layers[name]
    linear = [(key, layer) for key, layer in layers.items() if isinstance(layer, nn.Linear)]
    fitting = [(key, layer) for key, layer in linear if layer.out_features == findings]
    if not fitting:
        raise ConfigError(
            f"{type(network).__name__} has no nn.Linear of {findings} outputs; "
            "name as layer the one that turns an image's features into its logits, if the network has one"
        )
    return fitting[-1]

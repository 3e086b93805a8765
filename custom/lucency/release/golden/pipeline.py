"""From a file to probabilities with the very objects that a bundle's inference.yaml describes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser
from torch import Tensor, nn

from ...bundle.overrides import check_overrides, literal
from ...bundle.runner import chosen_groups, config_files, read_configuration
from ...engines.weights import load_network_state, read_weights
from ...errors import ConfigError


class BundlePipeline:
    """The parts of an inference workflow: preprocessing, network, inferer, postprocessing.

    Args:
        bundle: folder of the bundle.
        overrides: configuration keys to values, such as ``{"image_size": 320}``, and choices of the bundle's folders,
            such as ``{"queries": "random_mlp"}``.

    Raises:
        ConfigError: no such bundle or key.
    """

    def __init__(self, bundle: str | Path, overrides: Mapping[str, Any] | None = None) -> None:
        self.bundle = Path(bundle)
        groups, overrides = chosen_groups(bundle, overrides or {})
        self.file, *_ = files = config_files(bundle, "inference", groups)
        config = read_configuration(files)
        check_overrides(config, overrides)
        self._parser = ConfigParser(config)
        self._parser.update({"bundle_root": literal(str(self.bundle.resolve())), **overrides})

    def part(self, key: str) -> Any:
        """Make what stands under a key.

        Raises:
            ConfigError: there is no such key.
        """
        try:
            return self._parser.get_parsed_content(key)
        except KeyError as error:
            raise ConfigError(f"{self.file}: has no key {key!r}; an inference workflow needs it") from error

    @property
    def findings(self) -> list[str]:
        """Finding ids, in the order of the network's outputs."""
        return list(self.part("findings"))

    @property
    def weights(self) -> Path:
        """The weights file that the configuration names."""
        return Path(self.part("weights"))

    def preprocess(self, files: Sequence[Path]) -> Tensor:
        """Images (N, 1, S, S) float32 in [0, 1]."""
        transform = self.part("preprocessing")
        return torch.stack([torch.as_tensor(transform({"image": str(file)})["image"]) for file in files])

    def network(self, weights: Path) -> nn.Module:
        """The network with these weights, on the CPU, in evaluation mode.

        Raises:
            ConfigError: the weights are absent, unreadable or of another network.
        """
        network: nn.Module = self.part("network_def")
        load_network_state(network, read_weights(weights), weights)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # as inference.yaml does
        return network.eval()

    def probabilities(self, images: Tensor, network: nn.Module) -> Tensor:
        """Probabilities (N, L) of preprocessed images, by the network or a backend in its place."""
        with torch.inference_mode():
            logits = self.part("inferer")(images, network)
            answer: Tensor = self.part("postprocessing")({"pred": logits})["pred"]
        return answer

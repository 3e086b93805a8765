"""The parts of a bundle's inference.yaml, made as its own workflow would make them, each when it is first needed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ignite.engine import Engine
from monai.bundle import ConfigParser

from ...bundle import chosen_groups, config_files
from ...bundle.failures import configuration_failure
from ...bundle.overrides import check_overrides, literal
from ...bundle.runner import read_configuration
from ...errors import ConfigError, explanation
from ..settings import NodeSettings

LOAD_WEIGHTS = "lucency.engines.LoadWeights"


class BundleParts:
    """A bundle's inference configuration with the node's settings in it.

    Args:
        settings: of them bundle, weights, site, backend, precision, sr_class, clinical_use, heatmaps and overrides;
            these win over `overrides`.

    Raises:
        ConfigError: no such bundle, or an override of a key that it does not have.
    """

    def __init__(self, settings: NodeSettings) -> None:
        groups, others = chosen_groups(settings.bundle, settings.overrides)
        self.files = config_files(settings.bundle, "inference", groups)
        self.config = read_configuration(self.files)
        overrides = others | _overrides(settings)
        check_overrides(self.config, overrides)
        self._parser = ConfigParser()
        self._parser.read_config([str(file) for file in self.files])
        self._parser.update({"bundle_root": literal(str(Path(settings.bundle).resolve())), **overrides})

    def get(self, key: str) -> Any:
        """Make a part; a second call gives the same.

        Raises:
            ConfigError: there is no such key, or its component cannot be made.
        """
        if key.split("::")[0] not in self.config:
            raise ConfigError(f"{self.files[0]}: {key}: is missing; the node needs an inference.yaml like the others'")
        try:
            return self._parser.get_parsed_content(key)
        except Exception as error:
            if (failure := configuration_failure(error)) is not None:
                raise failure from error
            if (line := explanation(error)) is not None:
                raise ConfigError(line) from error
            raise

    def load_weights(self) -> None:
        """Fill the network, as the handler of the configuration does.

        Raises:
            ConfigError: no such handler, no such file, or weights of another network.
        """
        for index, handler in enumerate(self.config.get("handlers", [])):
            if isinstance(handler, Mapping) and handler.get("_target_") == LOAD_WEIGHTS:
                self.get(f"handlers::{index}")(Engine(lambda engine, batch: None))
                return
        raise ConfigError(f"{self.files[0]}: handlers: {LOAD_WEIGHTS} is missing; without weights there is no answer")


def _overrides(settings: NodeSettings) -> dict[str, Any]:
    """What the settings say in the words of an inference.yaml."""
    paths = {"weights": settings.weights, "site": settings.site}
    return {
        "backend": settings.backend,
        "precision": settings.precision,
        "sr": True,
        "sr_class": settings.sr_class,
        "clinical_use": settings.clinical_use,
        "fhir": settings.fhir is not None,
        "heatmaps": settings.heatmaps,
        "heatmap_formats": ["dicom"],
    } | {name: literal(str(path.resolve())) for name, path in paths.items() if path}

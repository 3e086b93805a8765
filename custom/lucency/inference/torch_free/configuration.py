"""An inference.yaml read without MONAI: what a run may choose, and a digest of all the rest."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ...errors import LucencyError
from ..yaml_mapping import parsed

CHOICES = frozenset(
    {
        "bundle_root", "exact_pixels", "batch_size", "num_workers", "progress_bar", "site", "backend", "precision",
        "check_header", "check_image", "guard_rules", "sr", "sr_class", "clinical_use", "fhir", "heatmaps",
        "heatmap_layer", "heatmap_method", "heatmap_formats",
    }
)  # fmt: skip
"""Keys that a torch-free run understands itself; any other one must stand as it stood at export."""
WEIGHTS = "$@bundle_root + '/models/model.pt'"
_DIGEST_OF_SITE = "$@assessment.digest"
_RUN = ["$@evaluator.run()"]
_ENGINE = {"_target_", "name", "precision", "network", "weights"}
_VERIFIED = frozenset({"network_def", "preprocessing", "inferer", "postprocessing"})
"""What is compared by its numbers when a network is exported."""
_COMPONENTS = frozenset(
    {
        "DataLoader", "SupervisedEvaluator", "ignite.handlers.ProgressBar", "lucency.engines.LoadWeights",
        "lucency.inference.Backend", "lucency.inference.HeatmapWriter", "lucency.inference.InputGuard",
        "lucency.inference.PredictionsWriter", "lucency.inference.TolerantDataset",
        "lucency.inference.list_radiographs", "lucency.inference.site_for", "lucency.results.FhirReports",
        "lucency.results.PredictionTable", "lucency.results.StructuredReports", "lucency.results.identify_model",
    }
)  # fmt: skip


class NeedsTorchError(LucencyError):
    """Why a prediction cannot be made without PyTorch; with it, there may be nothing wrong."""


@dataclass(frozen=True)
class Configuration:
    """A bundle's inference workflow with overrides.

    Attributes:
        values: top-level keys to values.
        digest: SHA-256 of all keys but `CHOICES`.
    """

    values: Mapping[str, Any]
    digest: str

    @classmethod
    def read(cls, bundle: str | Path, overrides: Mapping[str, Any]) -> "Configuration":
        """Read a bundle's inference.yaml.

        Args:
            bundle: folder of the bundle.
            overrides: keys to values, as `lucency.bundle.run_bundle` takes them.

        Raises:
            NeedsTorchError: the file or a key is not there, or only MONAI can interpret it.
        """
        file = Path(bundle) / "configs" / "inference.yaml"
        values = load_yaml(file)
        for key, value in overrides.items():
            _override(values, key, value)
        fixed = {key: value for key, value in values.items() if key not in CHOICES}
        text = json.dumps(fixed, sort_keys=True, default=str)
        return cls(values, hashlib.sha256(text.encode()).hexdigest())

    def check_workflow(self) -> None:
        """Make sure that the workflow consists of the components that a torch-free run stands in for.

        Raises:
            NeedsTorchError: there is another one, or something is run before or after.
        """
        foreign = {
            target for key, part in self.values.items() if key not in _VERIFIED for target in _targets(part)
        } - _COMPONENTS
        if foreign:
            raise NeedsTorchError(f"the configuration has {', '.join(sorted(foreign))}")
        if not self.values.get("engine", {}).keys() <= _ENGINE:
            raise NeedsTorchError("the configuration sets up its backend in a way of its own")
        if self.values.get("run") != _RUN or {"initialize", "finalize"} & self.values.keys():
            raise NeedsTorchError("the configuration runs more than its evaluator")

    def plain(self, key: str) -> Any:
        """Value of a key, which must be no expression.

        Raises:
            NeedsTorchError: it is one, or there is no such key.
        """
        value = self.values.get(key)
        if key not in self.values or _is_expression(value):
            raise NeedsTorchError(f"{key} is {value!r:.40}")
        return value

    def resolved(self, name: str, mapping: Mapping[str, Any], site_digest: str | None = None) -> dict[str, Any]:
        """Resolve a mapping of names to ``@key``.

        Args:
            name: of the mapping, for the error.
            mapping: as in the file.
            site_digest: what ``$@assessment.digest`` stands for.

        Raises:
            NeedsTorchError: a value is another expression.
        """
        resolved = {}
        for key, value in mapping.items():
            if value == _DIGEST_OF_SITE:
                resolved[key] = site_digest
            elif isinstance(value, str) and value.startswith("@"):
                resolved[key] = self.plain(value[1:])
            elif _is_expression(value):
                raise NeedsTorchError(f"{name} has the expression {value!r:.40}")
            else:
                resolved[key] = value
        return resolved


def load_yaml(file: Path) -> dict[str, Any]:
    """Read a YAML file that maps keys to values.

    Raises:
        NeedsTorchError: it cannot be read.
    """
    try:
        values = parsed(file.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        raise NeedsTorchError(f"{file}: cannot be read ({type(error).__name__})") from error
    if not isinstance(values, dict):
        raise NeedsTorchError(f"{file}: maps no keys to values")
    return values


def _override(values: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = re.split(r"#+|::", key)
    place: Any = values
    try:
        for parent in parents:
            place = place[int(parent)] if isinstance(place, list) else place[parent]
        if isinstance(place, list):
            place[int(last)] = value
        elif last in place or parents:  # below the top, it may be an argument that is not given yet
            place[last] = value
        else:
            raise KeyError(last)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise NeedsTorchError(f"{key} is no key of the configuration") from error


def _is_expression(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "_target_" in value or any(map(_is_expression, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_is_expression, value))
    return isinstance(value, str) and value[:1] in ("$", "@", "%")


def _targets(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        if "_target_" in part:
            yield str(part["_target_"])
        for value in part.values():
            yield from _targets(value)
    elif isinstance(part, list):
        for value in part:
            yield from _targets(value)

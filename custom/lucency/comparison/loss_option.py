"""The losses that are compared: every file that a bundle offers, variants of it, and the one with complete labels."""

import pydoc
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from monai.bundle import ConfigParser
from numpy.typing import NDArray
from torch import Tensor, nn

from ..bundle.keys import suggestion
from ..bundle.overrides import check_overrides
from ..bundle.runner import read_configuration
from ..errors import ConfigError
from .recipe import Recipe, deepest
from .study import Study

REFERENCE = "an"
UPPER_BOUND = "bce_full"
ALL = "*"


@dataclass(frozen=True)
class LossOption:
    """One loss with its settings.

    Args:
        name: file name without suffix, and `?key=value&key=value` for a variant.
        config: content of the file, with overrides applied.
        targets: what it is trained on, `observed` or, for the upper bound alone, `truth`.
    """

    name: str
    config: dict[str, Any]
    targets: str = "observed"

    def build_network(self, study: Study, recipe: Recipe, seed: int) -> nn.Module:
        """The recipe's network for the study, on the recipe's device.

        Raises:
            ConfigError: it cannot be built.
        """
        return recipe.build_network(study.inputs.shape[1], len(study.findings), seed)

    def extras(self, network: nn.Module, validation: Iterable[Tensor]) -> dict[str, NDArray[np.float32]]:
        """What else a run keeps of a trained network; nothing.

        Args:
            network: of `build_network`, trained, in evaluation.
            validation: inputs of the validation images, in batches.
        """
        return {}

    def build(self, study: Study, *, seed: int, max_epochs: int) -> nn.Module:
        """The loss as a bundle would build it.

        Its file may refer to `@findings`, `@seed`, `@max_epochs` and `@train#dataset#data` (one dict an image, with
        `label` and `index`), and an override to `@positives_per_image`, which is taken from the truth.

        Raises:
            ConfigError: it cannot be built; says why in one line.
        """
        labels: NDArray[np.float32] = study.targets(self.targets)
        # a tuple, for MONAI would walk through every entry of a list
        records = tuple({"label": label, "index": index} for index, label in enumerate(labels))
        offered = {
            "findings": list(study.findings),
            "seed": seed,
            "max_epochs": max_epochs,
            "train": {"dataset": {"data": records}},
            "positives_per_image": study.positives_per_image,
        }
        try:
            loss = ConfigParser({**offered, **self.config}).get_parsed_content("loss")
        except Exception as error:
            raise ConfigError(f"loss {self.name!r}: {deepest(error)}") from error
        if not isinstance(loss, nn.Module):
            raise ConfigError(f"loss {self.name!r}: is a {type(loss).__name__}, no loss; check its _target_")
        return loss


def loss_options(names: Sequence[str], bundles: str | Path) -> list[LossOption]:
    """Read the losses that are asked for; the reference and the upper bound are always among them, in front.

    Args:
        names: `gan` is the file `configs/loss/gan.yaml` of any bundle, `gan?q_neg=0.3&q_pos=0` a variant of it with
            arguments of its own, `epr?expected_positives=@positives_per_image` one that takes a number of the study,
            `*` all files but those of losses of two views. A name that two bundles give to different files is
            `bundle/name` in the second.
        bundles: the folder of bundles.

    Raises:
        ConfigError: no such loss or key, or a file that is not readable; names the nearest.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "my_bundle" / "configs" / "loss"
        >>> folder.mkdir(parents=True)
        >>> for name in ("AssumeNegative", "WeakAssumeNegative"):
        ...     file = folder / ("wan.yaml" if name.startswith("Weak") else "an.yaml")
        ...     _ = file.write_text(f"loss: {{_target_: lucency.losses.{name}Loss}}")
        >>> [option.name for option in loss_options(["*", "wan?gamma=0.5"], folder.parents[2])]
        ['bce_full', 'an', 'wan', 'wan?gamma=0.5']
    """
    files = _files(Path(bundles))
    one_view = sorted(name for name, config in files.items() if not _takes_views(config["loss"]))
    expanded = [name for asked in names for name in (one_view if asked == ALL else [asked])]
    full = {"loss": {"_target_": "lucency.losses.MaskedBCELoss", "reduction": "mean_all"}}
    options = {UPPER_BOUND: LossOption(UPPER_BOUND, full, targets="truth")}
    for name in [REFERENCE, *expanded]:
        options.setdefault(name, _option(name, files))
    return list(options.values())


def _option(name: str, files: dict[str, dict[str, Any]]) -> LossOption:
    stem, _, query = name.partition("?")
    if stem not in files:
        raise ConfigError(f"no loss {stem!r}{suggestion(stem, files)} (there are: {', '.join(sorted(files))})")
    return LossOption(name, vary(name, files[stem], query))


def vary(name: str, config: Mapping[str, Any], query: str) -> dict[str, Any]:
    """A loss's configuration with other arguments.

    Args:
        name: for messages.
        config: with the key `loss`.
        query: `key=value&key=value`, keys below `loss`, deeper ones with `#`; may be empty.

    Raises:
        ConfigError: no such key, or no value.

    Example:
        >>> vary("gan?q_pos=0", {"loss": {"_target_": "lucency.losses.GeneralizedAssumeNegativeLoss"}}, "q_pos=0")
        {'loss': {'_target_': 'lucency.losses.GeneralizedAssumeNegativeLoss', 'q_pos': 0}}
    """
    overrides = {}
    for part in query.split("&") if query else []:
        key, equals, value = part.partition("=")
        if not equals:
            raise ConfigError(f"loss {name!r}: {part!r} is no key=value")
        overrides[f"loss#{key}"] = value if value.startswith("@") else yaml.safe_load(value)
    try:
        check_overrides(dict(config), overrides)
    except ConfigError as error:
        raise ConfigError(f"loss {name!r}: {error}") from error
    parser = ConfigParser(deepcopy(dict(config)))
    for key, value in overrides.items():
        parser[key] = value
    return {key: value for key, value in parser.get().items() if key != "_meta_"}


def _takes_views(loss: object) -> bool:
    """Whether a loss takes two views of each image: it costs twice the time, so it must be asked for by name."""
    target = loss.get("_target_") if isinstance(loss, Mapping) else None
    return isinstance(target, str) and bool(getattr(pydoc.locate(target), "takes_views", False))


def _files(bundles: Path) -> dict[str, dict[str, Any]]:
    """Content of every loss file by its name."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(bundles.glob("*/configs/loss/*.yaml")):
        config = {key: value for key, value in read_configuration([path]).items() if key != "_meta_"}
        if "loss" not in config:
            raise ConfigError(f"{path}: has no key 'loss'{suggestion('loss', config)}")
        twin = found.get(path.stem)
        if twin is None or twin != config:
            found[path.stem if twin is None else f"{path.parents[2].name}/{path.stem}"] = config
    if not found:
        raise ConfigError(f"{bundles}: no bundle with configs/loss/*.yaml; give the folder of bundles")
    return found

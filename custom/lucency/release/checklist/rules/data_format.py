"""`network_data_format`: what goes in and comes out is declared, and is what the configuration has."""

from collections.abc import Iterator
from typing import Any

from ..bundle_text import BundleText
from ..finding import Fault, Level
from ..rule import Rule

_TENSOR = ("type", "format", "num_channels", "spatial_shape", "dtype", "value_range")
_SCALARS = ("number", "string", "bool", "boolean", "integer")
NAMES = ("findings", "class_names", "classes", "label_names")
"""Keys under which bundles list what their outputs mean."""


def tensors(bundle: BundleText) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every declared input and output with its key."""
    formats = bundle.metadata.content.get("network_data_format")
    for side in ("inputs", "outputs", "post_processed_outputs"):
        declared = formats.get(side) if isinstance(formats, dict) else None
        for name, entry in (declared if isinstance(declared, dict) else {}).items():
            if isinstance(entry, dict):
                yield f"network_data_format::{side}::{name}", entry


def first_tensor(bundle: BundleText, side: str) -> tuple[str, dict[str, Any]] | None:
    """The first declared one of `inputs` or `outputs`, which is the one that hosts read."""
    return next((found for found in tensors(bundle) if found[0].split("::")[1] == side), None)


def _declared(bundle: BundleText) -> Iterator[Fault]:
    if "network_data_format" not in bundle.metadata.content:
        return
    for side in ("inputs", "outputs"):
        if first_tensor(bundle, side) is None:
            place = bundle.metadata.place("network_data_format", shown=f"network_data_format::{side}")
            yield Fault(place, f"declares no {side}", f"declare each of the network's {side}")
    for key, entry in tensors(bundle):
        for name in _TENSOR:
            if name not in entry and entry.get("type") not in _SCALARS:
                yield Fault(bundle.metadata.place(key), f"has no {name}", f'add "{name}": ...')


def _channels(bundle: BundleText) -> Iterator[Fault]:
    for key, entry in tensors(bundle):
        names, count = entry.get("channel_def"), entry.get("num_channels")
        if isinstance(names, dict) and isinstance(count, int) and sorted(names) != sorted(map(str, range(count))):
            message = f"names {len(names)} channels where num_channels is {count}"
            mend = f'name channels "0" to "{count - 1}", each once'
            yield Fault(bundle.metadata.place(f"{key}::channel_def"), message, mend)


def _findings(bundle: BundleText) -> Iterator[Fault]:
    found = first_tensor(bundle, "outputs")
    declared = found[1].get("channel_def") if found else None
    if not isinstance(declared, dict):
        return
    names = [declared[key] for key in sorted(declared, key=lambda key: (len(key), key))]
    for stem in ("inference", "train"):
        document = bundle.document(stem)
        for key in NAMES:
            listed = document.content.get(key) if document else None
            if (
                document
                and isinstance(listed, list)
                and all(isinstance(name, str) for name in listed)
                and listed != names
            ):
                odd = next((pair for pair in zip(listed, names, strict=False) if pair[0] != pair[1]), None)
                difference = f"{odd[0]} where it says {odd[1]}" if odd else f"{len(listed)} where it names {len(names)}"
                mend = "give both the same names in the same order"
                yield Fault(document.place(key), f"is not channel_def of the metadata: {difference}", mend)


def _network(bundle: BundleText) -> Iterator[Fault]:
    inference = bundle.workflows.get("inference")
    if inference is None:
        return
    for side, arguments in (("inputs", ("in_channels",)), ("outputs", ("out_channels", "num_classes"))):
        found = first_tensor(bundle, side)
        for name in arguments:
            key = f"network_def::{name}"
            value = inference.get(key, None)
            if isinstance(value, str) and value.startswith("@"):
                key, value = value[1:], inference.get(value[1:], None)
            if found and isinstance(value, int) and value != found[1].get("num_channels"):
                message = f"is {value}, and the metadata declare {found[1].get('num_channels')} channels"
                yield Fault(inference.place(key), message, f"correct it, or num_channels of {found[0]}")


def _range(bundle: BundleText) -> Iterator[Fault]:
    for key, entry in tensors(bundle):
        values = entry.get("value_range")
        probabilities = entry.get("type") == "probabilities" and values != [0, 1]
        if probabilities or (isinstance(values, list) and values and not _is_range(values)):
            yield Fault(bundle.metadata.place(f"{key}::value_range"), f"is {values}", "write [0, 1], or [low, high]")


def _is_range(values: list[Any]) -> bool:
    return len(values) == 2 and all(isinstance(value, int | float) for value in values) and values[0] < values[1]


RULES = (
    Rule(
        "data-format.tensor",
        Level.ERROR,
        "Inputs and outputs are declared, each with " + ", ".join(f"`{key}`" for key in _TENSOR) + ".",
        "`verify_metadata` fails; hosts do not know what to feed.",
        _declared,
    ),
    Rule(
        "data-format.channels",
        Level.ERROR,
        '`channel_def` names the channels "0" to `num_channels` - 1.',
        "A probability is shown under another finding's name.",
        _channels,
    ),
    Rule(
        "data-format.names",
        Level.ERROR,
        "The list of findings (" + ", ".join(f"`{key}`" for key in NAMES) + ") of `inference` and `train` is that of "
        "`channel_def`.",
        "A probability is shown under another finding's name.",
        _findings,
    ),
    Rule(
        "data-format.network",
        Level.ERROR,
        "Channels that `network_def` states as numbers are the declared ones.",
        "The zoo's `verify_net_in_out` fails.",
        _network,
    ),
    Rule(
        "data-format.range",
        Level.WARNING,
        "`value_range` is `[low, high]` or `[]`; of probabilities, `[0, 1]`.",
        "Hosts scale and check by it.",
        _range,
    ),
)

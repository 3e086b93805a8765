"""Contracts of MONAI Label, MONAI Deploy and platforms that refuse code."""

from collections.abc import Iterator
from typing import Any

from ..bundle_text import BundleText
from ..expression import is_expression
from ..finding import Fault, Level, Place
from ..rule import Rule
from ..workflow import MISSING, Workflow, components
from .code import STOCK
from .data_format import first_tensor

_PORTABLE = ("device", "network_def", "preprocessing", "inferer", "postprocessing")
_RADIOGRAPHS = ("CR", "DX", "MG", "XR", "X-RAY", "XRAY", "RADIOGRAPH")


def _is_classifier(bundle: BundleText) -> bool:
    output = first_tensor(bundle, "outputs")
    return output is not None and (output[1].get("type") == "probabilities" or output[1].get("format") == "classes")


def _transforms(workflow: Workflow) -> list[tuple[str, dict[str, Any]]]:
    """What preprocessing does, one after the other, with its keys."""
    key = "preprocessing::transforms"
    listed = workflow.get(key)
    listed = listed if isinstance(listed, list) else []
    return [(f"{key}::{index}", item) for index, item in enumerate(listed) if isinstance(item, dict)]


def _inference(bundle: BundleText) -> list[Workflow]:
    """The workflow that hosts read, if there is one."""
    return [workflow for name, workflow in bundle.workflows.items() if name == "inference"]


def _is_loader(transform: dict[str, Any]) -> bool:
    return "LoadImage" in str(transform.get("_target_"))


def _name(bundle: BundleText) -> Iterator[Fault]:
    if _is_classifier(bundle) and "classification" not in bundle.root.resolve().name.lower():
        message = "the folder's name does not say classification"
        yield Fault(Place("."), message, f"rename it to {bundle.root.resolve().name}_classification")


def _type(bundle: BundleText) -> Iterator[Fault]:
    output = first_tensor(bundle, "outputs")
    if output and "classification" in bundle.root.resolve().name.lower() and output[1].get("type") != "probabilities":
        message = f"is {output[1].get('type')}; MONAI Deploy looks for probabilities"
        mend = '"type": "probabilities", and say in pred_classes where the sigmoid or softmax is'
        yield Fault(bundle.metadata.place(f"{output[0]}::type"), message, mend)


def _without_code(bundle: BundleText) -> list[Workflow]:
    """The workflow of hosts that run no code of a bundle: one made for them, or that of all."""
    made = bundle.document("portable")
    return _inference(bundle) if made is None else [Workflow("portable", "infer", [made])]


def _stock(bundle: BundleText) -> Iterator[Fault]:
    for workflow in _without_code(bundle):
        after_loader = [found for found in _transforms(workflow) if not _is_loader(found[1])]
        for key in _PORTABLE:
            whole = [(key, workflow.get(key, {}))]
            for where, part in after_loader if key == "preprocessing" and after_loader else whole:
                for place, component in components(part, where):
                    target = component["_target_"]
                    foreign = isinstance(target, str) and "." in target and target.split(".")[0] not in STOCK
                    if foreign and not is_expression(component.get("_disabled_")):
                        mend = "use MONAI's where the method allows; say in the README that hosts need the package"
                        yield Fault(workflow.place(f"{place}::_target_"), f"{key} needs {target}", mend)


def _first_transform(bundle: BundleText) -> Iterator[Fault]:
    for workflow in _inference(bundle):
        for key, transform in [found for found in _transforms(workflow) if not _is_loader(found[1])][:1]:
            target = str(transform.get("_target_"))
            if not is_expression(target) and not target.endswith(("d", "D", "Dict")):
                mend = "begin with a dictionary transform, such as EnsureChannelFirstd"
                yield Fault(workflow.place(f"{key}::_target_"), f"{target} is no dictionary transform", mend)


def _loader(bundle: BundleText) -> Iterator[Fault]:
    for workflow in _inference(bundle):
        for key, transform in _transforms(workflow):
            if _is_loader(transform) and transform.get("ensure_channel_first", False) is not False:
                mend = "delete it, and add {_target_: EnsureChannelFirstd, keys: image} after the loader"
                message = "is lost with the loader, which MONAI Deploy replaces"
                yield Fault(workflow.place(f"{key}::ensure_channel_first"), message, mend)


def _reader(bundle: BundleText) -> Iterator[Fault]:
    for workflow in _inference(bundle) if _reads_radiographs(bundle) else ():
        for key, transform in _transforms(workflow):
            if _is_loader(transform) and transform.get("reader") is None:
                mend = "name it, such as reader: PydicomReader, and deal with MONOCHROME1 and the window yourself"
                message = "takes whichever DICOM reader is installed; one inverts MONOCHROME1, one does not"
                yield Fault(workflow.place(key), message, mend)


def _reads_radiographs(bundle: BundleText) -> bool:
    found = first_tensor(bundle, "inputs")
    modality = str(found[1].get("modality", "")).upper() if found else ""
    said = f"{bundle.metadata.content.get('data_type', '')} {bundle.metadata.content.get('image_classes', '')}".upper()
    return modality in _RADIOGRAPHS or any(word in said for word in ("DICOM", "X-RAY", "RADIOGRAPH"))


def _device(bundle: BundleText) -> Iterator[Fault]:
    for name in ("inference", "train"):
        workflow = bundle.workflows.get(name)
        value = workflow.get("device") if workflow else MISSING
        if workflow and isinstance(value, str) and "cuda" in value and "is_available" not in value:
            mend = "$torch.device('cuda' if torch.cuda.is_available() else 'cpu')"
            yield Fault(workflow.place("device"), "takes a GPU for granted", mend)


RULES = (
    Rule(
        "hosts.name",
        Level.WARNING,
        "The folder of a classifier has `classification` in its name.",
        "MONAI Label reads the type of a bundle from it.",
        _name,
    ),
    Rule(
        "hosts.type",
        Level.WARNING,
        "The output of a classifier has the type `probabilities`.",
        "MONAI Deploy decides by it what to write.",
        _type,
    ),
    Rule(
        "hosts.stock",
        Level.WARNING,
        "In `inference`, or in `portable` if there is one, "
        + ", ".join(f"`{key}`" for key in _PORTABLE)
        + " are MONAI's and torch's, but for the loader.",
        "Platforms that refuse code, and MONAI Deploy with a `.ts` alone, cannot use the bundle.",
        _stock,
    ),
    Rule(
        "hosts.first-transform",
        Level.WARNING,
        "After the loader, preprocessing begins with a dictionary transform.",
        "MONAI Deploy drops `LoadImage...` and refuses another first one.",
        _first_transform,
    ),
    Rule(
        "hosts.loader",
        Level.WARNING,
        "The loader only loads: no `ensure_channel_first` in it.",
        "Hosts bring their own loader, and the network gets another shape.",
        _loader,
    ),
    Rule(
        "hosts.reader",
        Level.WARNING,
        "Where radiographs or DICOM are read, the loader names its `reader`.",
        "Otherwise MONOCHROME1 images are inverted or not, by what happens to be installed.",
        _reader,
    ),
    Rule(
        "hosts.device",
        Level.WARNING,
        "`device` falls back to the CPU.",
        "Most machines in a hospital have no GPU.",
        _device,
    ),
)

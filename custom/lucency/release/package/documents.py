"""The page and the data licence of a package."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...files import sha256_of
from ..recipes import without_links_out
from .metadata import NOT_STATED, RECIPE

RUN = "monai.bundle run --config_file"
COMMANDS = {
    "inference": f"python -m {RUN} configs/inference.json --dataset_dir FOLDER --output_dir OUT",
    "portable": f"python -m {RUN} configs/portable.json --dataset_dir PNG_FOLDER --output_dir OUT",
    "evaluate": (
        f"python -m {RUN} \"['configs/train.json','configs/evaluate.json']\" --dataset_dir DATA --output_dir OUT"
    ),
    "train": f"python -m {RUN} configs/train.json --dataset_dir DATA --ckpt_dir RUN",
    "multi_gpu_train": (
        f"torchrun --nproc_per_node 2 -m {RUN} \"['configs/train.json','configs/multi_gpu_train.json']\" "
        "--dataset_dir DATA --ckpt_dir RUN"
    ),
}
"""The commands of a package, run in its folder, by the configuration that each needs."""
FORMS = (
    "`models` holds the same network as PyTorch (`.pt`), safetensors, TorchScript (`.ts`), ONNX and `torch.export` "
    "(`.pt2`): images (N, 1, S, S) in, logits (N, L) out."
)
_REPLACED = ("Commands", "Measured")
_HERE = (
    (re.compile(r"\bbundles/\w+"), "."),
    (re.compile(r"\b(configs/[\w/]+)\.yaml"), r"\1.json"),
)


def package_page(recipe: str, metadata: Mapping[str, Any], configurations: Sequence[str], weights: Path) -> str:
    """The page of a package: that of the recipe, with commands and figures of its own.

    The recipe's commands speak of the repository, and its links of pages there; neither is in the package.

    Args:
        recipe: `docs/README.md` of the bundle.
        metadata: of the package.
        configurations: names of its configurations.
        weights: the file that its inference workflow loads.
    """
    title, *sections = re.split(r"^(?=## )", RECIPE.sub("", recipe), flags=re.MULTILINE)
    kept = [part for part in sections if part.splitlines()[0].removeprefix("## ").strip() not in _REPLACED]
    title, *kept = map(without_links_out, (title, *kept))
    for pattern, here in _HERE:
        title, *kept = (pattern.sub(here, part) for part in (title, *kept))
    own = [_use(metadata, configurations, weights), _measured(metadata["eval_metrics"])]
    return "\n\n".join(part.strip() for part in (title, *own, *kept)) + "\n"


def data_licence(text: str | None) -> str:
    """The data licence that whoever packages gives, or that there is none yet."""
    return text if text is not None else f"Licence of the data that the weights were trained on: {NOT_STATED}.\n"


def _use(metadata: Mapping[str, Any], configurations: Sequence[str], weights: Path) -> str:
    versions = {
        "monai": metadata["monai_version"],
        "torch": metadata["pytorch_version"],
        "numpy": metadata["numpy_version"],
        **metadata["required_packages_version"],
    }
    install = " ".join(f"{name}=={version}" for name, version in versions.items())
    commands = "\n".join(command for name, command in COMMANDS.items() if name in configurations)
    lines = [
        "## Use it",
        f"Version {metadata['version']}; SHA-256 of `models/{weights.name}`: `{sha256_of(weights)}`.",
        f"```bash\npip install {install}\n```",
        f"Then in this folder, without a network:\n\n```bash\n{commands}\n```",
        "From another folder, write the path of this one before `configs` and give it as `--bundle_root`.",
    ]
    if options := [name for name in configurations if "/" in name]:
        folders = ", ".join(f"`configs/{name}`" for name in dict.fromkeys(name.split("/")[0] for name in options))
        example = f"`\"['configs/train.json','configs/{options[0]}.json']\"`"
        lines.append(f"The files in {folders} are options: put one behind `train.json`, as in {example}.")
    return "\n\n".join([*lines, FORMS])


def _measured(metrics: Mapping[str, Mapping[str, float | None]]) -> str:
    if not metrics:
        return "## Measured\n\nNothing was measured with these weights before they were packaged."
    rows = [
        f"| {finding} | {_interval(row, 'auroc')} | {_interval(row, 'ap')} | {row['positive']} | {row['negative']} |"
        for finding, row in metrics.items()
    ]
    head = ["| finding | AUROC (95 %) | average precision (95 %) | positive | negative |", "|---|---|---|---|---|"]
    images, patients = (max(row[key] or 0 for row in metrics.values()) for key in ("images", "patients"))
    return "\n".join(["## Measured", "", f"On up to {images} images of {patients} patients.", "", *head, *rows])


def _interval(row: Mapping[str, float | None], figure: str) -> str:
    value, low, high = (row[key] for key in (figure, f"{figure}_low", f"{figure}_high"))
    return "–" if value is None or low is None or high is None else f"{value:.3f} ({low:.3f}–{high:.3f})"

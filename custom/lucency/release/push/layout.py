"""The folder that becomes a Hugging Face repository, as `monai.bundle.download` expects one."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ...errors import ConfigError
from ...files import write_atomically
from ..checklist import Level, lint_bundle
from ..checklist.bundle_text import BundleText
from .model_card import card_of

_MUST_NOT = ("layout.weights", "packages.lucency")
_LARGE = (".pt", ".pt2", ".ts", ".onnx", ".safetensors", ".bin", ".plan")
_ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in _LARGE)


@dataclass(frozen=True)
class HubLayout:
    """What is to be uploaded.

    Attributes:
        folder: it.
        name: of the bundle.
        version: of the bundle; it becomes a tag.
        files: paths in the folder, with ``/``, and their bytes.
    """

    folder: Path
    name: str
    version: str
    files: dict[str, int]


def write_hub_layout(bundle: str | Path, folder: str | Path) -> HubLayout:
    """Check a packaged bundle, copy it without caches and the like, and add the page and settings of the hub.

    Args:
        bundle: folder of a bundle as `lucency bundle package` writes it.
        folder: absent or empty, and not inside the bundle.

    Raises:
        ConfigError: the checklist finds an error, no weights, or `lucency` used but not in the bundle; or the folder
            holds something or is inside the bundle.
    """
    checklist = lint_bundle(bundle)
    for finding in checklist.findings:
        if finding.level is Level.ERROR or finding.rule in _MUST_NOT:
            raise ConfigError(f"{bundle}: not fit to be handed on: {finding.place}: {finding.message}; {finding.mend}")
    target = Path(folder)
    if target.resolve().is_relative_to(Path(bundle).resolve()):
        raise ConfigError(f"{folder}: is inside the bundle; give a folder beside it")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{folder}: is there already; give the name of a folder to make")
    text = BundleText(Path(bundle))
    litter = tuple(f"{finding.place.file}/" for finding in checklist.findings if finding.rule == "layout.litter")
    try:
        for file in text.files:
            if f"{file}/".startswith(litter):
                continue
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(text.root / file, target / file)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written ({error.strerror or error}); choose another folder") from error
    write_atomically(target / "README.md", card_of(text.read("docs/README.md") or "", text.read("LICENSE") or ""))
    write_atomically(target / ".gitattributes", _ATTRIBUTES)
    sizes = {
        path.relative_to(target).as_posix(): path.stat().st_size for path in sorted(target.rglob("*")) if path.is_file()
    }
    return HubLayout(target, text.root.resolve().name, str(text.metadata.content["version"]), sizes)

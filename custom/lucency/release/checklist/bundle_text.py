"""A bundle as text: its files, its configuration files as values with lines, the workflows that they make."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from .document import SUFFIXES, Document, NoMappingError, UnreadableError, read_document, read_text
from .finding import Fault, Place
from .workflow import Workflow, leaves

METADATA = "configs/metadata.json"
OVERLAYS = {
    "evaluate": ("train",),
    "multi_gpu_train": ("train",),
    "multi_gpu_evaluate": ("train", "evaluate"),
    "inference_trt": ("inference",),
}
"""Workflows that are written as changes of others, as the model zoo and we do."""
_WITH_KEYS = {"train", "inference", "large_files", *OVERLAYS}
_MOST_FILES = 20_000


@dataclass(frozen=True)
class BundleText:
    """What the rules read; nothing in here runs, imports or downloads anything of the bundle.

    Attributes:
        root: folder of the bundle.
    """

    root: Path

    def __post_init__(self) -> None:
        """Refuse what is no bundle."""
        if not (self.root / "configs").is_dir():
            raise ConfigError(f"{self.root}: not a bundle (no configs folder); give the folder that holds configs/")

    @cached_property
    def files(self) -> list[str]:
        """Paths of all files, and of links to anything, ``/`` between folders."""
        found: list[str] = []
        for folder, folders, names in os.walk(self.root):
            folders.sort()
            here = Path(folder)
            names += [name for name in folders if (here / name).is_symlink()]
            found += [(here / name).relative_to(self.root).as_posix() for name in names]
            if len(found) > _MOST_FILES:
                raise ConfigError(f"{self.root}: more than {_MOST_FILES} files; give the folder of one bundle")
        return sorted(found)

    def leaves_bundle(self, file: str) -> bool:
        """Whether a path is a link to something outside, which the rules do not read."""
        return not (self.root / file).resolve().is_relative_to(self.root.resolve())

    def read(self, file: str) -> str | None:
        """Text of a file; None if it is absent, outside or no text."""
        if file not in self.files or self.leaves_bundle(file):
            return None
        try:
            return read_text(self.root / file)
        except UnreadableError:
            return None

    @cached_property
    def _read(self) -> tuple[dict[str, Document], list[Fault]]:
        documents, faults = {}, []
        for file in self.files:
            wanted = file.startswith("configs/") or (file.startswith("large_files") and "/" not in file)
            if not wanted or not file.endswith(SUFFIXES) or self.leaves_bundle(file):
                continue
            try:
                documents[file] = read_document(self.root, self.root / file)
            except NoMappingError as error:
                if file == METADATA or Path(file).stem in _WITH_KEYS:
                    faults.append(Fault(Place(file), str(error), "write keys and values"))
            except UnreadableError as error:
                mend = "make it JSON or YAML of plain values, in UTF-8"
                faults.append(Fault(Place(file, error.line), str(error), mend))
        return documents, faults

    @property
    def documents(self) -> dict[str, Document]:
        """Files of `configs`, the metadata among them, and the list of large files; by path."""
        return self._read[0]

    @property
    def unreadable(self) -> list[Fault]:
        """Those of them that cannot be read."""
        return self._read[1]

    @property
    def configs(self) -> list[Document]:
        """Those that MONAI runs: all of `configs` but the metadata."""
        return [
            document for file, document in self.documents.items() if file.startswith("configs/") and file != METADATA
        ]

    @property
    def metadata(self) -> Document:
        """The metadata; empty if there are none that can be read."""
        return self.documents.get(METADATA, Document(METADATA, "", {}))

    def leaves(self) -> Iterator[tuple[Document, str, Any]]:
        """Every scalar of the configurations, each file by itself, with its key there."""
        for document in self.configs:
            for key, value in leaves(document.content):
                yield document, key, value

    def document(self, stem: str) -> Document | None:
        """The configuration of this name; of several, the one that MONAI's own hosts take."""
        names = [f"configs/{stem}{suffix}" for suffix in SUFFIXES]
        return next((self.documents[name] for name in names if name in self.documents), None)

    @cached_property
    def workflows(self) -> dict[str, Workflow]:
        """What can be run: train and inference, and their overlays, by name."""
        found = {}
        for name in ("inference", "train", *OVERLAYS):
            if (own := self.document(name)) is None:
                continue
            alone = "network_def" in own.content or name not in OVERLAYS
            bases = [] if alone else [self.document(base) for base in OVERLAYS[name]]
            kind = "infer" if name.startswith("inference") else "train"
            if None not in bases:
                found[name] = Workflow(name, kind, [*(base for base in bases if base is not None), own])
        return found

    @cached_property
    def options(self) -> dict[str, Workflow]:
        """Training with each file of a folder below `configs`, or inference where there is no training; by name."""
        base = self.document("train") or self.document("inference")
        found = {}
        for document in self.configs:
            parts = document.file.removeprefix("configs/").split("/")
            if len(parts) == 2 and base is not None:
                name = "/".join(parts).rpartition(".")[0]
                kind = "train" if base is self.document("train") else "infer"
                found[name] = Workflow(name, kind, [base, document])
        return found

    @cached_property
    def packages(self) -> list[str]:
        """Python packages and modules at the root, which the runner puts on the path."""
        folders = {file.split("/")[0] for file in self.files if file.endswith(".py") and "/" in file}
        modules = {file[:-3] for file in self.files if file.endswith(".py") and "/" not in file}
        return sorted(folders | modules)

"""Files that a bundle has, and files that it must not have."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from ..bundle_text import METADATA, BundleText
from ..document import Document
from ..finding import Fault, Level, Place
from ..rule import Rule

_LARGEST = 25 * 2**20  # of a file in the zoo's repository, its CONTRIBUTING
_LITTER = re.compile(r"(^|/)(__pycache__|\.git|\.ipynb_checkpoints|\.DS_Store|Thumbs\.db|\.idea|\.vscode)(/|$)|~$")
_PICKLES = (".pkl", ".pickle", ".joblib", ".dill")


def _absent(bundle: BundleText, files: Sequence[str], mend: str) -> Iterator[Fault]:
    if not any((bundle.read(file) or "").strip() for file in files):
        yield Fault(Place(files[0]), "is absent or empty", mend)


def _no_weights(bundle: BundleText) -> Iterator[Fault]:
    listed = {str(entry.get("path")) for _, _, entry in large_files(bundle)}
    if not {"models/model.pt", "models/model.ts"} & {*bundle.files, *listed}:
        mend = "lucency bundle package BUNDLE --weights WEIGHTS --out dist, or list it in large_files.yml"
        yield Fault(Place("models/model.pt"), "is neither there nor listed in large_files.yml", mend)


def _yaml_only(bundle: BundleText) -> Iterator[Fault]:
    for stem in ("inference", "train"):
        document = bundle.document(stem)
        if document is not None and not document.file.endswith(".json"):
            mend = "lucency bundle package BUNDLE --weights WEIGHTS --out dist, which writes the same as JSON"
            yield Fault(document.place(), f"there is no configs/{stem}.json", mend)


def _large(bundle: BundleText) -> Iterator[Fault]:
    listed = {str(entry.get("path")) for _, _, entry in large_files(bundle)}
    for file in bundle.files:
        path = bundle.root / file
        is_read = path.is_file() and not bundle.leaves_bundle(file) and file not in listed
        if is_read and path.stat().st_size > _LARGEST:
            size = path.stat().st_size / 2**20
            mend = "list it in large_files.yml and leave it out of the repository"
            yield Fault(Place(file), f"has {size:.0f} MiB; the zoo takes 25 MiB", mend)


def _links(bundle: BundleText) -> Iterator[Fault]:
    for file in bundle.files:
        if bundle.leaves_bundle(file):
            yield Fault(Place(file), "is a link to something outside the bundle; it was not read", "copy the file")
        elif not (bundle.root / file).exists():
            yield Fault(Place(file), "is a link to nothing", "copy the file, or delete the link")


def _litter(bundle: BundleText) -> Iterator[Fault]:
    found = [file[: match.end()].rstrip("/") for file in bundle.files if (match := _LITTER.search(file))]
    for path in dict.fromkeys(found):
        yield Fault(Place(path), "belongs to somebody's work, not to the bundle", "delete it")


def _pickles(bundle: BundleText) -> Iterator[Fault]:
    for file in bundle.files:
        if file.endswith(_PICKLES):
            yield Fault(Place(file), "is a pickle", "save tensors with torch.save or safetensors, the rest as JSON")


def large_files(bundle: BundleText) -> list[tuple[Document, int, dict[str, Any]]]:
    """Entries of the list of large files as they stand there, with their file and position in it."""
    lists = [document for file, document in bundle.documents.items() if "/" not in file]
    entries = [(document, document.content.get("large_files")) for document in lists]
    return [
        (document, index, entry)
        for document, listed in entries
        for index, entry in enumerate(listed if isinstance(listed, list) else [])
        if isinstance(entry, dict)
    ]


RULES = (
    Rule(
        "layout.licence",
        Level.ERROR,
        "`LICENSE` is there and not empty.",
        "The zoo's `verify_bundle` refuses a bundle without it.",
        partial(_absent, files=("LICENSE",), mend="add the licence's text, such as Apache-2.0"),
    ),
    Rule(
        "layout.metadata",
        Level.ERROR,
        "`configs/metadata.json` is there.",
        "MONAI, the zoo and every host read it; YAML is not accepted for it.",
        partial(_absent, files=(METADATA,), mend="write it; docs/reference/bundle-rules.md names its keys"),
    ),
    Rule(
        "layout.inference",
        Level.WARNING,
        "`configs/inference.json` or `.yaml` is there.",
        "Without it nobody can predict with the bundle.",
        partial(
            _absent,
            files=("configs/inference.json", "configs/inference.yaml", "configs/inference.yml"),
            mend="write the inference workflow",
        ),
    ),
    Rule(
        "layout.weights",
        Level.WARNING,
        "`models/model.pt` or `models/model.ts` is there or listed in `large_files.yml`.",
        "Without weights it is a recipe, which hosts cannot offer to anybody.",
        _no_weights,
    ),
    Rule(
        "layout.json",
        Level.WARNING,
        "`inference` and `train` are there as JSON.",
        "`monai.bundle.load` and MONAI Deploy look for `.json` only, and find no network.",
        _yaml_only,
    ),
    Rule(
        "layout.readme",
        Level.WARNING,
        "`docs/README.md` is there.",
        "It is the page that the zoo's site and Hugging Face show.",
        partial(_absent, files=("docs/README.md",), mend="write it; docs.topics names what belongs there"),
    ),
    Rule(
        "layout.data-licence",
        Level.WARNING,
        "`docs/data_license.txt` is there.",
        "Weights inherit the conditions of the data that they were trained on.",
        partial(_absent, files=("docs/data_license.txt",), mend="name each data set, its licence and its citation"),
    ),
    Rule(
        "layout.large-file",
        Level.WARNING,
        "A file of more than 25 MiB is listed in `large_files.yml`.",
        "The zoo's repository does not take it.",
        _large,
    ),
    Rule(
        "layout.link",
        Level.ERROR,
        "No link leads out of the bundle, or nowhere.",
        "It is broken on every other machine, or shows a file of that machine.",
        _links,
    ),
    Rule(
        "layout.litter",
        Level.WARNING,
        "No caches, editors' folders or version control.",
        "They make the archive differ each time and tell about its author.",
        _litter,
    ),
    Rule(
        "layout.pickle",
        Level.WARNING,
        "No pickles.",
        "Loading one runs whatever code is in it.",
        _pickles,
    ),
)

"""Paths and downloads in configurations: nobody's home, nothing beside the bundle, no network."""

import re
from collections.abc import Iterator

from ..bundle_text import METADATA, BundleText
from ..expression import is_expression, path_beginnings
from ..finding import Fault, Level
from ..rule import Rule
from ..workflow import leaves

_HOME = re.compile(r"(?i)(/home/|/users/|/root/|~/|~$|[a-z]:[\\/]+users[\\/])")
_ABSOLUTE = re.compile(r"(?i)(/[\w.~-]+|[a-z]:[\\/]|\\\\\w)")
_PLACE_NAME = re.compile(r"(_dir|_path|_file|_folder|_root|^datalist|^path|^folder)$")
_FETCH = re.compile(
    r"\b(load_state_dict_from_url|load_url|download_url|download_and_extract|hf_hub_download|snapshot_download"
    r"|from_pretrained|urlopen|urlretrieve|gdown)\b|\bhub\.load\b|\bbundle\.(load|download)\b"
)


def _home(bundle: BundleText) -> Iterator[Fault]:
    documents = [*bundle.configs, *([bundle.documents[METADATA]] if METADATA in bundle.documents else [])]
    for document in documents:
        for key, value in leaves(document.content):
            if any(_HOME.match(text) for text in path_beginnings(key, value)):
                mend = "build it from @bundle_root or @dataset_dir"
                yield Fault(document.place(key), "names somebody's home folder", mend)


def _absolute(bundle: BundleText) -> Iterator[Fault]:
    for document, key, value in bundle.leaves():
        if any(_ABSOLUTE.match(text) and not _HOME.match(text) for text in path_beginnings(key, value)):
            mend = "build it from @bundle_root or @dataset_dir"
            yield Fault(document.place(key), "is a path of one machine", mend)


def _relative(bundle: BundleText) -> Iterator[Fault]:
    for document in bundle.configs:
        for key, value in document.content.items():
            plain = isinstance(value, str) and value not in ("", ".") and value[0] not in "$@%/~" and ":" not in value
            if plain and _PLACE_NAME.search(key) and key != "bundle_root":
                mend = f"$@bundle_root + '/{value.removeprefix('./')}'"
                yield Fault(document.place(key), "lies wherever the command is typed", mend)


def _download(bundle: BundleText) -> Iterator[Fault]:
    for document, key, value in bundle.leaves():
        name = key.rpartition("::")[2]
        fetches = isinstance(value, str) and (is_expression(value) or name == "_target_") and _FETCH.search(value)
        if fetches or (name.startswith("pretrained") and value is True):
            mend = "ship the weights, or take their path as a key; pretrained: false"
            yield Fault(document.place(key), "downloads weights when the component is made", mend)


RULES = (
    Rule(
        "paths.home",
        Level.ERROR,
        "No path in anybody's home folder, in configurations or metadata.",
        "It names a person, exists on one machine, and is among what the zoo asks to avoid.",
        _home,
    ),
    Rule(
        "paths.absolute",
        Level.WARNING,
        "No absolute path.",
        "It exists on one machine.",
        _absolute,
    ),
    Rule(
        "paths.relative",
        Level.WARNING,
        "A path begins with `@bundle_root` or another key.",
        "It is looked up, or written, in the working directory of whoever runs the bundle.",
        _relative,
    ),
    Rule(
        "paths.download",
        Level.ERROR,
        "Nothing is downloaded to make the network.",
        "Hospitals have no internet there, and what is fetched may be another file tomorrow.",
        _download,
    ),
)

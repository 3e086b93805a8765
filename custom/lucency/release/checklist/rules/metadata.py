"""Metadata: the keys of schema 20240725, versions, what the zoo's pages show."""

import re
from collections.abc import Iterator

from ..bundle_text import METADATA, BundleText
from ..finding import Fault, Level
from ..rule import Rule

SCHEMA = "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/meta_schema_20240725.json"
REQUIRED = (
    "schema",
    "version",
    "monai_version",
    "pytorch_version",
    "numpy_version",
    "required_packages_version",
    "task",
    "description",
    "authors",
    "copyright",
    "network_data_format",
)
RECOMMENDED = (
    "name",
    "data_source",
    "data_type",
    "image_classes",
    "label_classes",
    "pred_classes",
    "eval_metrics",
    "intended_use",
    "references",
)
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)([-+][0-9A-Za-z.+-]+)?")
_PLACEHOLDER = re.compile(
    r"(?i)your name|describe what|a longer description|\b(todo|tbd|fixme|lorem ipsum)\b|\?\?\?|^xxx$"
)
_TYPES = {"supported_apps": dict, "eval_metrics": dict, "references": list, "required_packages_version": dict}
_TYPES |= {"changelog": dict, "network_data_format": dict}


def _missing(bundle: BundleText) -> Iterator[Fault]:
    for key in REQUIRED:
        if METADATA in bundle.documents and key not in bundle.metadata.content:
            yield Fault(bundle.metadata.place("", shown=key), f"has no {key}", f'add "{key}": ...')


def _recommended(bundle: BundleText) -> Iterator[Fault]:
    for key in RECOMMENDED:
        if METADATA in bundle.documents and bundle.metadata.content.get(key) in (None, "", {}, []):
            mend = "package it with measured figures" if key == "eval_metrics" else f'write "{key}": ...'
            yield Fault(bundle.metadata.place(key), f"{key} is absent or empty", mend)


def _types(bundle: BundleText) -> Iterator[Fault]:
    words = {dict: "an object", list: "a list"}
    for key, kind in _TYPES.items():
        value = bundle.metadata.content.get(key)
        if value is not None and not isinstance(value, kind):
            yield Fault(bundle.metadata.place(key), f"is no {words[kind].split()[1]}", f"make {key} {words[kind]}")
    for key in ("version", "monai_version", "pytorch_version", "numpy_version", "task", "description", "authors"):
        value = bundle.metadata.content.get(key)
        if value is not None and not isinstance(value, str):
            yield Fault(bundle.metadata.place(key), "is no text", f'write "{key}": "{value}"')


def _placeholder(bundle: BundleText) -> Iterator[Fault]:
    for key, value in bundle.metadata.content.items():
        if isinstance(value, str) and (not value.strip() or _PLACEHOLDER.search(value)):
            yield Fault(bundle.metadata.place(key), "is not filled in", f"say what {key} is")


def _schema(bundle: BundleText) -> Iterator[Fault]:
    if METADATA in bundle.documents and bundle.metadata.content.get("schema") not in (None, SCHEMA):
        yield Fault(bundle.metadata.place("schema"), "is not the latest schema, 20240725", f'"schema": "{SCHEMA}"')


def _optional_packages(bundle: BundleText) -> Iterator[Fault]:
    if "optional_packages_version" in bundle.metadata.content:
        mend = "rename it to required_packages_version"
        yield Fault(bundle.metadata.place("optional_packages_version"), "was renamed in schema 20240725", mend)


def _version(bundle: BundleText) -> Iterator[Fault]:
    for key in ("version", "monai_version", "pytorch_version", "numpy_version"):
        value = bundle.metadata.content.get(key)
        if isinstance(value, str) and not _VERSION.fullmatch(value):
            yield Fault(bundle.metadata.place(key), f"{value} is no version", f'write "{key}": "MAJOR.MINOR.PATCH"')


def _changelog(bundle: BundleText) -> Iterator[Fault]:
    version, log = bundle.metadata.content.get("version"), bundle.metadata.content.get("changelog")
    if METADATA not in bundle.documents or not isinstance(version, str):
        return
    if not isinstance(log, dict) or version not in log:
        mend = f'"changelog": {{"{version}": "what is different"}}'
        yield Fault(bundle.metadata.place("changelog"), f"has no entry for version {version}", mend)
    for key in log if isinstance(log, dict) else ():
        if not _VERSION.fullmatch(str(key)):
            place = bundle.metadata.place(f"changelog::{key}")
            yield Fault(place, f"{key} is no version", "write MAJOR.MINOR.PATCH")


RULES = (
    Rule(
        "metadata.required",
        Level.ERROR,
        "The metadata have every key that schema 20240725 requires: " + ", ".join(f"`{key}`" for key in REQUIRED) + ".",
        "`monai.bundle verify_metadata` fails.",
        _missing,
    ),
    Rule(
        "metadata.type",
        Level.ERROR,
        "Texts are texts, `references` is a list, `supported_apps`, `eval_metrics` and the like are objects.",
        "`monai.bundle verify_metadata` fails.",
        _types,
    ),
    Rule(
        "metadata.recommended",
        Level.WARNING,
        "The metadata also have " + ", ".join(f"`{key}`" for key in RECOMMENDED) + ", each filled.",
        "Users choose by them; the zoo's site and hosts show them.",
        _recommended,
    ),
    Rule(
        "metadata.placeholder",
        Level.WARNING,
        "No text is empty or still the template's.",
        "It is what everybody sees first.",
        _placeholder,
    ),
    Rule(
        "metadata.schema",
        Level.WARNING,
        "`schema` is the address of schema 20240725.",
        "Older ones know no `required_packages_version`.",
        _schema,
    ),
    Rule(
        "metadata.optional-packages",
        Level.ERROR,
        "There is no `optional_packages_version`.",
        "It was renamed; `verify_metadata` fails on it.",
        _optional_packages,
    ),
    Rule(
        "metadata.version",
        Level.ERROR,
        "Versions have the form MAJOR.MINOR.PATCH.",
        "MONAI and the zoo compare them as texts.",
        _version,
    ),
    Rule(
        "metadata.changelog",
        Level.ERROR,
        "`changelog` has an entry for `version`, and its keys are versions.",
        "The zoo's `verify_bundle` refuses the bundle.",
        _changelog,
    ),
)

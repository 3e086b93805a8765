"""`large_files.yml`: what is to be downloaded, and how one knows that it is the right file."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ..bundle_text import BundleText
from ..finding import Fault, Level
from ..rule import Rule
from .layout import large_files

_DIGITS = {"sha256": 64, "sha512": 128, "sha1": 40, "md5": 32}


def _incomplete(bundle: BundleText) -> Iterator[Fault]:
    for document, index, entry in large_files(bundle):
        for key in ("path", "url"):
            is_there = key == "url" and entry.get("path") in bundle.files  # MONAI asks no address for it
            if not is_there and (not isinstance(entry.get(key), str) or not entry[key]):
                yield Fault(document.place(f"large_files::{index}"), f"has no {key}", f"add {key}: as a text")


def _outside(bundle: BundleText) -> Iterator[Fault]:
    for document, index, entry in large_files(bundle):
        path = PurePosixPath(str(entry.get("path", "")).replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in str(path):
            yield Fault(
                document.place(f"large_files::{index}::path"),
                f"{path} leaves the bundle",
                "give a path below the bundle",
            )


def _hash(bundle: BundleText) -> Iterator[Fault]:
    for document, index, entry in large_files(bundle):
        kind, value = str(entry.get("hash_type") or "sha256"), str(entry.get("hash_val") or "")
        if not value:
            mend = "add hash_val: and hash_type: sha256 (sha256sum FILE)"
            yield Fault(document.place(f"large_files::{index}"), "has no hash", mend)
        elif len(value) != _DIGITS.get(kind) or not re.fullmatch(r"[0-9a-fA-F]*", value):
            named = kind if entry.get("hash_type") else "sha256, which MONAI takes where no hash_type is given"
            mend = "write the hash that hash_type names, best sha256 (sha256sum FILE)"
            yield Fault(document.place(f"large_files::{index}::hash_val"), f"is no {named}", mend)
        elif _differs(bundle, str(entry.get("path")), kind, value):
            mend = f"write the hash of the file ({kind}sum {entry['path']}), or put the right file there"
            yield Fault(
                document.place(f"large_files::{index}::hash_val"),
                f"is not that of {entry['path']} as it lies there",
                mend,
            )


def _differs(bundle: BundleText, file: str, kind: str, value: str) -> bool:
    """Whether a file is there and has another hash."""
    path = bundle.root / file
    if file not in bundle.files or bundle.leaves_bundle(file) or not path.is_file():
        return False
    with path.open("rb") as content:
        return hashlib.file_digest(content, kind).hexdigest() != value.lower()


def _weak_hash(bundle: BundleText) -> Iterator[Fault]:
    for document, index, entry in large_files(bundle):
        if entry.get("hash_type") in ("md5", "sha1"):
            message = f"{entry['hash_type']} tells a broken download, not a forged one"
            yield Fault(document.place(f"large_files::{index}::hash_type"), message, "use sha256 (sha256sum FILE)")


def _host(bundle: BundleText) -> Iterator[Fault]:
    for document, index, entry in large_files(bundle):
        url = str(entry.get("url", ""))
        if url and not url.startswith("https://"):
            yield Fault(
                document.place(f"large_files::{index}::url"), "is not fetched by https", "give an https:// address"
            )
        elif "drive.google.com" in url:
            mend = "host it with releases of the repository or on Hugging Face"
            yield Fault(document.place(f"large_files::{index}::url"), "Google Drive limits and renames downloads", mend)


RULES = (
    Rule(
        "large-files.entry",
        Level.ERROR,
        "Each entry has a `path`, and a `url` unless the file is in the bundle.",
        "`monai.bundle download_large_files` ends with a KeyError.",
        _incomplete,
    ),
    Rule(
        "large-files.path",
        Level.ERROR,
        "Each `path` lies in the bundle.",
        "MONAI refuses it, since it would write over files of the user.",
        _outside,
    ),
    Rule(
        "large-files.hash",
        Level.ERROR,
        "Each entry has a `hash_val` of its `hash_type` (without one, MONAI 1.6.1 takes sha256), which is that of the "
        "file where it is in the bundle.",
        "The download fails, or nobody notices that it is another file.",
        _hash,
    ),
    Rule(
        "large-files.sha256",
        Level.WARNING,
        "The hash is sha256.",
        "Files with a wanted md5 or sha1 can be made.",
        _weak_hash,
    ),
    Rule(
        "large-files.host",
        Level.WARNING,
        "The address is https, and no Google Drive.",
        "Its downloads are limited, and gdown 6 no longer reads its addresses as MONAI passes them.",
        _host,
    ),
)

"""`large_files.yml`: where the model files of a bundle can be had, and which bytes they are."""

from pathlib import Path

import yaml

from ...files import sha256_of, write_atomically

FILE = "large_files.yml"


def write_large_files(folder: Path, url: str) -> Path:
    """List every file of `models` with its address and SHA-256, as `monai.bundle.download_large_files` reads them.

    Args:
        folder: of the bundle.
        url: of the place that will hold the bundle; a file's path is put behind it. MONAI asks for no address where
            the file lies in its place already, and compares its SHA-256 all the same.
    """
    entries = [
        {
            "path": file.relative_to(folder).as_posix(),
            "url": f"{url.rstrip('/')}/{file.relative_to(folder).as_posix()}" if url else "",
            "hash_val": sha256_of(file),
            "hash_type": "sha256",
        }
        for file in sorted((folder / "models").iterdir())
    ]
    return write_atomically(folder / FILE, yaml.safe_dump({"large_files": entries}, sort_keys=False))

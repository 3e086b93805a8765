"""The files of one pixel cache, and how many of their rows count."""

import json
from dataclasses import dataclass
from pathlib import Path

from ...errors import LucencyError
from ...files import write_atomically
from .fingerprints import KEY_BYTES
from .settings import PixelSettings

FORMAT = 1
"""Changes whenever the files are laid out otherwise."""


@dataclass(frozen=True)
class CacheFolder:
    """A folder of `pixels.bin` and `keys.bin`, which only grow, and `cache.json`, which says how many rows count.

    What lies behind that number was being written when its writer ended, and is written again. `cache.json` is replaced
    at once and whole, after the others are on disk; a reader that has read it can rely on its rows for ever.

    Attributes:
        path: the folder.
        settings: what its rows follow from.
    """

    path: Path
    settings: PixelSettings

    @classmethod
    def of(cls, folder: str | Path, settings: PixelSettings) -> "CacheFolder":
        """The folder of these settings inside `folder`, or `folder` if it is that one itself."""
        folder = Path(folder)
        return cls(folder if folder.name == settings.name else folder / settings.name, settings)

    @property
    def pixels(self) -> Path:
        """Rows one after the other, without a header."""
        return self.path / "pixels.bin"

    @property
    def keys(self) -> Path:
        """Keys of the rows, 16 bytes each."""
        return self.path / "keys.bin"

    @property
    def record(self) -> Path:
        """Settings and number of rows."""
        return self.path / "cache.json"

    def rows(self) -> int:
        """How many rows count; 0 where there is no cache.

        Raises:
            LucencyError: another format, or fewer bytes than the rows need.
        """
        try:
            record = json.loads(self.record.read_bytes())
        except FileNotFoundError:
            return 0
        except (OSError, ValueError) as error:
            raise LucencyError(
                f"{self.record}: cannot be read ({error}); delete the folder and build it again"
            ) from error
        expected = {"format": FORMAT, **self.settings.content()}
        if differing := [name for name, value in expected.items() if record.get(name) != value]:
            name = differing[0]
            raise LucencyError(
                f"{self.record}: {name} is {record.get(name)!r} where {expected[name]!r} is asked for; "
                "give the folder above it, which holds a folder for each setting"
            )
        count = int(record["rows"])
        for file, size in ((self.pixels, self.settings.row_bytes), (self.keys, KEY_BYTES)):
            length = file.stat().st_size if file.exists() else 0
            if length < count * size:
                raise LucencyError(
                    f"{file}: has {length:,} bytes where {count:,} images need {count * size:,}; "
                    "it was cut short, delete the folder and build it again"
                )
        return count

    def set_rows(self, count: int) -> None:
        """Say that the first `count` rows count from now on."""
        record = {"format": FORMAT, **self.settings.content(), "rows": count}
        write_atomically(self.record, json.dumps(record, indent=1) + "\n")


def settings_of(folder: Path) -> PixelSettings:
    """The settings that a `cache.json` states.

    Raises:
        LucencyError: there is none, or none that this version can use.
    """
    file = folder / "cache.json"
    try:
        record = json.loads(file.read_bytes())
        return PixelSettings(**{name: record[name] for name in PixelSettings.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LucencyError(f"{folder}: is no pixel cache ({error}); make one with lucency cache") from error

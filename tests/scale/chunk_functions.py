"""Functions that tests spread over a cluster; its workers import them from here."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from lucency.errors import ConfigError


def squares(offset: int, chunk: Sequence[int]) -> list[int]:
    """What is to come out."""
    return [number * number + offset for number in chunk]


def squares_late_first(offset: int, chunk: Sequence[int]) -> list[int]:
    """The first chunk is done last."""
    time.sleep(1.0 if 0 in chunk else 0.0)
    return squares(offset, chunk)


def squares_or_death(folder: str, chunk: Sequence[int]) -> list[int]:
    """The chunk with 5 kills its process the first time."""
    with (Path(folder) / str(chunk[0])).open("a") as tries:
        tries.write("x")
    if 5 in chunk and (Path(folder) / str(chunk[0])).stat().st_size == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return squares(0, chunk)


def squares_but_seven(offset: int, chunk: Sequence[int]) -> list[int]:
    """7 kills its process every time."""
    if 7 in chunk:
        os.kill(os.getpid(), signal.SIGKILL)
    return squares(offset, chunk)


def refuse(offset: int, chunk: Sequence[int]) -> list[int]:
    """An error that the user can mend."""
    raise ConfigError(f"{chunk[0]}: not wanted; want another")


def divide(offset: int, chunk: Sequence[int]) -> list[int]:
    """A defect."""
    return [number // 0 for number in chunk]

"""A process that makes rows, and what stands in it.

It is a fresh Python with a pipe each way, and not one of `multiprocessing`: that would import the main module of the
program again in each, which for MONAI's bundle runner takes eight seconds, and ask scripts for a `__main__` guard. It
answers image by image, so that a decoder that crashes is known by the file that it crashed on.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import BinaryIO

import numpy as np

from ...errors import LucencyError
from ...memory import RADIOGRAPHS_BYTES, keep_freed_memory
from .build_rows import Pixels, build_rows
from .settings import PixelSettings

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
_PROGRAM = f"from {__name__} import main; main()"
_READY = b"\1"
_REASON_BYTES = 4


class ReadingProcess:
    """A child that makes rows for one caller; started when first needed, and again if it dies.

    Args:
        settings: what rows follow from.
    """

    def __init__(self, settings: PixelSettings) -> None:
        self.settings = settings
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def build_rows(self, files: Sequence[str]) -> tuple[Pixels, dict[int, str]]:
        """Do what the function `build_rows` does; a file that ends the process gets a reason like any other."""
        rows = np.zeros((len(files), *self.settings.shape), self.settings.dtype)
        reasons: dict[int, str] = {}
        place = 0
        while place < len(files):
            child = self._started()
            try:
                child.stdin.write(json.dumps(list(files[place:])).encode() + b"\n")  # type: ignore[union-attr]
                while place < len(files):
                    reason = _receive(child.stdout, rows[place].data.cast("B"))  # type: ignore[arg-type]
                    if reason:
                        reasons[place] = reason
                    place += 1
            except (EOFError, BrokenPipeError):
                if self._stopped:
                    raise
                reasons[place] = f"the decoder ended the process that read it ({self.bury()})"
                rows[place] = 0
                place += 1
        return rows, reasons

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._child is None:
            path = os.pathsep.join(folder for folder in sys.path if folder)
            self._child = subprocess.Popen(  # noqa: S603 -- this Python, on this module
                [sys.executable, "-c", _PROGRAM, json.dumps(asdict(self.settings))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                env={**os.environ, **_ONE_THREAD, "PYTHONPATH": path},
                process_group=0,  # Ctrl-C is for the caller, which closes the pipe
            )
            if self._child.stdout is None or self._child.stdout.read(1) != _READY:
                raise LucencyError(
                    f"a process that reads images cannot start ({self.bury()}); one worker reads without it"
                )
        return self._child

    def stop(self) -> None:
        """End the process at once, also while another thread waits for its rows, which then gets an error."""
        self._stopped = True
        if self._child is not None:
            self._child.kill()

    def bury(self) -> str:
        """Let go of a process that has ended or is about to; says how it ended."""
        child, self._child = self._child, None
        if child is None:
            return ""
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        status = child.wait()
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def _receive(pipe: BinaryIO, row: memoryview) -> str:
    """Read one answer: 0 and the row, or the length of a reason and the reason."""
    length = int.from_bytes(_exactly(pipe, memoryview(bytearray(_REASON_BYTES))), "little")
    if length:
        return bytes(_exactly(pipe, memoryview(bytearray(length)))).decode()
    _exactly(pipe, row)
    return ""


def _exactly(pipe: BinaryIO, target: memoryview) -> memoryview:
    rest = target
    while rest:
        count = pipe.readinto(rest)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        rest = rest[count:]
    return target


def main() -> None:
    """Answer lists of files on standard input until it ends."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nobody left to answer: end without a word
    keep_freed_memory(RADIOGRAPHS_BYTES)
    settings = PixelSettings(**json.loads(sys.argv[1]))
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a decoder prints is no answer
        answers.write(_READY)
        answers.flush()
        for line in sys.stdin.buffer:
            for file in json.loads(line):
                pixels, reasons = build_rows([file], settings)
                reason = reasons.get(0, "").encode("utf-8", "backslashreplace")
                answers.write(len(reason).to_bytes(_REASON_BYTES, "little") + (reason or pixels.tobytes()))
                answers.flush()

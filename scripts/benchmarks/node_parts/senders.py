"""Modalities: several storescu of dcmtk at once, and when each of their images was acknowledged."""

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.uid import ComputedRadiographyImageStorage

from .images import SYNTAXES
from .programs import dcmtk

_UID = re.compile(r"SOPInstanceUID=([0-9.]+)")


@dataclass
class Burst:
    """What the senders saw.

    Attributes:
        begun: seconds since 1970 when the first image began to be sent.
        ended: when the last answer came.
        acknowledged: SOP Instance UID to the seconds from the first byte to the answer 0000.
        refused: images with another answer, or none.
    """

    begun: float = float("inf")
    ended: float = 0.0
    acknowledged: dict[str, float] = field(default_factory=dict)
    refused: int = 0


def send(port: int, title: str, files: Sequence[Path], images: int, senders: int, profile: Path) -> Burst:
    """Send `images` images, each under a SOP Instance UID of its own, from `senders` associations at once.

    Args:
        port: of the receiver on this machine.
        title: its AE title.
        files: sent in turn, every sender starting with another one.
        images: in all.
        senders: programs at once.
        profile: file that is written: the association profile, with a presentation context for each transfer syntax.
    """
    profile.write_text(_profile())
    burst, lock = Burst(), threading.Lock()
    senders = min(senders, images)
    shares = [images // senders + (number < images % senders) for number in range(senders)]
    threads = []
    for number, share in enumerate(shares):
        sent = [files[(number * len(files) // senders + place) % len(files)] for place in range(share)]
        process = _storescu(port, title, f"MODALITY{number}", sent, profile)
        threads.append(threading.Thread(target=_watch, args=(process, share, burst, lock)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return burst


def _storescu(port: int, title: str, calling: str, files: Sequence[Path], profile: Path) -> "subprocess.Popen[str]":
    line_by_line = [found, "-oL", "-eL"] if (found := shutil.which("stdbuf")) else []
    command = [*line_by_line, dcmtk("storescu"), "-v", "-nh", "+II", "-aet", calling, "-aec", title]
    command += ["-xf", str(profile), "Default", "127.0.0.1", str(port), *map(str, files)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")


def _watch(process: "subprocess.Popen[str]", share: int, burst: Burst, lock: threading.Lock) -> None:
    uid, begun, answered = "", 0.0, 0
    for line in process.stdout or ():
        now = time.time()
        if found := _UID.search(line):
            uid = found[1]
        elif "Sending Store Request" in line:
            begun = now
            with lock:
                burst.begun = min(burst.begun, now)
        elif "Received Store Response" in line and "(Success)" in line:
            answered += 1
            with lock:
                burst.acknowledged[uid] = now - begun
                burst.ended = max(burst.ended, now)
    process.wait()
    with lock:
        burst.refused += share - answered


def _profile() -> str:
    syntaxes = [f"[T{n}]\nTransferSyntax1 = {syntax.uid}" for n, syntax in enumerate(SYNTAXES)]
    contexts = [f"PresentationContext{n + 1} = {ComputedRadiographyImageStorage}\\T{n}" for n in range(len(SYNTAXES))]
    sections = ["[[TransferSyntaxes]]", *syntaxes, "[[PresentationContexts]]", "[Mixed]", *contexts]
    return "\n".join([*sections, "[[Profiles]]", "[Default]", "PresentationContexts = Mixed", ""])

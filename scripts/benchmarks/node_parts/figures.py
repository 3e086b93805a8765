"""What a system did: one burst after the other, added up."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .consumption import Consumption
from .senders import send
from .systems import System


@dataclass
class Figures:
    """What one system did in all bursts."""

    images: int = 0
    seconds: float = 0.0
    acks: list[float] = field(default_factory=list)
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    cpu_s: float = 0.0
    peak_bytes: int = 0

    def summary(self) -> dict[str, float]:
        """The figures of the table."""
        p50, p99 = np.quantile(self.acks, [0.5, 0.99]) if self.acks else (float("nan"), float("nan"))
        return {
            "images": self.images,
            "ack_p50_s": round(float(p50), 4),
            "ack_p99_s": round(float(p99), 4),
            "images_per_s": round(self.images / self.seconds, 3),
            "cpu_s_per_image": round(self.cpu_s / max(1, self.images), 3),
            "peak_rss_mb": round(self.peak_bytes / 1e6),
            "refused": self.refused,
            "lost": self.lost,
            "doubled": self.doubled,
        }


def burst(system: System, files: list[Path], images: int, senders: int, work: Path, figures: Figures) -> None:
    """Send one burst to a system, wait for its last report, and add up."""
    before = system.sink.images() if system.sink else {}
    with Consumption(system.process.pid) as consumption:
        sent = send(system.port, system.title, files, images, senders, work / "association.cfg")
        if system.sink:
            system.sink.wait(sum(before.values()) + len(sent.acknowledged))
    ended = sent.ended
    if system.sink:
        reports, ended = system.sink.images(), system.sink.latest()
        counts = [reports[uid] for uid in sent.acknowledged]
        figures.lost += counts.count(0)
        figures.doubled += sum(count > 1 for count in counts)
    figures.images += len(sent.acknowledged)
    figures.refused += sent.refused
    figures.acks += sent.acknowledged.values()
    figures.seconds += max(ended - sent.begun, 1e-9)
    figures.cpu_s += consumption.cpu_s
    figures.peak_bytes = max(figures.peak_bytes, consumption.peak_bytes)
    if system.files:
        for file in system.files.iterdir():
            file.unlink()

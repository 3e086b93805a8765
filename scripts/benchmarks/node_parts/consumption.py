"""Memory and processor time of a process and all that it has started."""

import threading
from types import TracebackType

import psutil

INTERVAL_S = 0.2


class Consumption:
    """Watches a process tree while the block runs.

    Args:
        pid: root of the tree.

    Attributes:
        peak_bytes: largest sum of resident memory; pages that processes share count for each.
        cpu_s: processor time of the block.
    """

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._before = 0.0
        self.peak_bytes = 0
        self.cpu_s = 0.0

    def __enter__(self) -> "Consumption":
        self._before = self._cpu()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()
        self.cpu_s = self._cpu() - self._before

    def _watch(self) -> None:
        while not self._end.wait(INTERVAL_S):
            self.peak_bytes = max(self.peak_bytes, sum(self._resident(process) for process in self._tree()))

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return []

    def _cpu(self) -> float:
        return sum(map(_cpu_of, self._tree()))

    @staticmethod
    def _resident(process: psutil.Process) -> int:
        try:
            return int(process.memory_info().rss)
        except psutil.Error:
            return 0


def _cpu_of(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)

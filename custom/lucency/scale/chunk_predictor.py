"""A worker's part of `lucency predict`: the bundle's own workflow over one chunk of files after another."""

import os
import socket
from collections.abc import Sequence
from typing import NamedTuple

from ignite.engine import Events

from .. import __version__
from ..engines import LoadWeights
from ..errors import ConfigError, explanation
from ..results.schema import ImageResult
from .collected_results import CollectedResults
from .inference_job import InferenceJob

Record = dict[str, str]

CHANGES = {
    "predictions::_target_": "lucency.scale.collected_results.CollectedResults",
    "dataset::data": [],
    "num_workers": 0,  # one processor is what the task was given
    "progress_bar": False,
}
"""What differs from the workflow as it runs on one machine: the files come in chunks, the results go back."""


class Answers(NamedTuple):
    """Results of a chunk, and the backend that computed them."""

    results: list[ImageResult]
    answered_by: str | None


class ChunkPredictor:
    """Build what the inference.yaml of a bundle describes, once, and run it over chunks.

    Handlers, guard, reports and heat maps are those of the workflow; only the table of predictions is not written.

    Args:
        job: what to build.

    Raises:
        ConfigError: this machine does not see the driver's folder, or finds another bundle, other weights or another
            site file there, or has another version of lucency.
    """

    def __init__(self, job: InferenceJob) -> None:
        if job.version != __version__:
            raise ConfigError(f"{_here()}: has lucency {__version__}, the driver {job.version}; install the same")
        try:
            os.chdir(job.folder)
        except OSError as error:
            raise ConfigError(
                f"{_here()}: {job.folder}: cannot be entered ({error.strerror}); run where all machines see the folder"
            ) from error
        parts = job.parts("predictions", "dataset_dir", "dataset", "evaluator", "handlers", changes=CHANGES)
        self._table: CollectedResults
        self._table, self._dataset_dir, self._dataset, self._evaluator, handlers = parts
        if self._table.head != job.head:
            raise ConfigError(
                f"{_here()}: finds another model or other settings than the driver under the same paths; share bundle, "
                "weights and site file among all machines"
            )
        self._loaders = [handler for handler in handlers if isinstance(handler, LoadWeights)]

    def answer(self, records: Sequence[Record]) -> Answers:
        """Predict one chunk.

        Args:
            records: as `list_radiographs` makes them.

        Raises:
            ConfigError: the folder of the radiographs is not there on this machine.
        """
        if not os.path.exists(self._dataset_dir):
            raise ConfigError(f"{_here()}: {self._dataset_dir}: is not there; share it among all machines")
        self._dataset.data = list(records)
        self._evaluator.state.epoch_length = len(self._evaluator.data_loader)
        self._evaluator.run()
        for loader in self._loaders:  # the network keeps its weights
            self._evaluator.remove_event_handler(loader, Events.STARTED)
        self._loaders = []
        return Answers(self._table.take(), self._table.answered_by)


_predictors: dict[str, ChunkPredictor] = {}  # of the job that this process works for; another one takes its place


def predict_chunk(job: InferenceJob, records: Sequence[Record]) -> Answers:
    """Answer one chunk; a process builds the network for its first chunk and keeps it for the next.

    Args:
        job: what to build.
        records: as `list_radiographs` makes them.

    Raises:
        ConfigError: in one line, whatever is wrong with the configuration.
    """
    try:
        if job.token not in _predictors:
            _predictors.clear()
            _predictors[job.token] = ChunkPredictor(job)
        return _predictors[job.token].answer(records)
    except Exception as error:  # causes do not travel with an error; what they say does
        _predictors.clear()  # half a run may have left results
        raise _telling(error) from None


def _telling(error: Exception) -> Exception:
    line = explanation(error)
    return ConfigError(line) if line else error


def _here() -> str:
    return f"Ray worker on {socket.gethostname()}"

"""What some losses must be told besides logits and targets.

During training with a bundle `lucency.engines.LossState` does it; a training loop of your own calls `begin_epoch`,
`begin_batch` and `end_epoch`, with any loss: they find whom it concerns, also inside a sum of losses.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor, nn

from ..errors import ConfigError


class EpochAware(nn.Module):
    """A loss that changes with the epoch.

    Example:
        >>> loss = EpochAware()
        >>> loss.set_epoch(2, 10)
        >>> loss.epoch, loss.max_epochs
        (2, 10)
    """

    _progress: tuple[int, int] | None = None

    def set_epoch(self, epoch: int, max_epochs: int) -> None:
        """Say which epoch begins, counted from 1, and how many there will be.

        Raises:
            ConfigError: `epoch` is not in 1 … `max_epochs`.
        """
        if not 1 <= epoch <= max_epochs:
            raise ConfigError(f"{type(self).__name__}: epoch {epoch} of {max_epochs}; epochs are counted from 1")
        self._progress = epoch, max_epochs

    @property
    def epoch(self) -> int:
        """The epoch under way, from 1; raises ConfigError if nobody has said."""
        return self._told()[0]

    @property
    def max_epochs(self) -> int:
        """How many epochs there will be; raises ConfigError if nobody has said."""
        return self._told()[1]

    def _told(self) -> tuple[int, int]:
        if self._progress is None:
            raise ConfigError(
                f"{type(self).__name__}: changes with the epoch but was not told which it is; call "
                "set_epoch(epoch, max_epochs), or add lucency.engines.LossState to the trainer's handlers"
            )
        return self._progress


class SampleIndexed(nn.Module):
    """A loss that keeps something for every training image, found by the image's place in the data list.

    Example:
        >>> import torch
        >>> loss = SampleIndexed()
        >>> loss.set_index(torch.tensor([7, 3]))
        >>> loss.index_of(torch.zeros(2, 14), images=8)
        tensor([7, 3])
    """

    _index: Tensor | None = None

    def set_index(self, index: Tensor) -> None:
        """Say which training images the next batch holds: `index` int64 (B,); call it before every batch."""
        self._index = index

    def end_epoch(self) -> None:
        """Bring what the ranks have learned about their images together; called after every epoch."""

    def index_of(self, logits: Tensor, images: int) -> Tensor:
        """The index of the rows of `logits`, on their device.

        Raises:
            ConfigError: nobody has said, it does not fit the batch, or an index is not in 0 … `images` - 1.
        """
        name, index = type(self).__name__, self._index
        if index is None:
            raise ConfigError(
                f"{name}: sample index missing; call set_index(index) before each batch, or add "
                "lucency.engines.LossState to the trainer's handlers and keep 'index' in the batch"
            )
        if index.shape != (len(logits),) or index.is_floating_point():
            raise ConfigError(
                f"{name}: index is {index.dtype} {tuple(index.shape)} for a batch of {len(logits)} images"
            )
        if not bool(((index >= 0) & (index < images)).all()):
            raise ConfigError(
                f"{name}: index has {index.min()} to {index.max()}, but there are {images} training images"
            )
        return index.to(logits.device)


class PredictionFed(SampleIndexed, ABC):
    """A loss that learns from what the network makes of the whole training set after an epoch."""

    @abstractmethod
    def wants_predictions(self) -> bool:
        """Whether `learn` is to be called after the epoch under way."""

    @abstractmethod
    def learn(self, logits: Tensor) -> None:
        """Learn from the logits (N, L) of all training images in the order of their index, network in evaluation."""


def begin_epoch(loss: nn.Module, epoch: int, max_epochs: int) -> None:
    """Tell every part of `loss` that wants to know which epoch begins, counted from 1."""
    for part in loss.modules():
        if isinstance(part, EpochAware):
            part.set_epoch(epoch, max_epochs)


def begin_batch(loss: nn.Module, index: Tensor | None) -> None:
    """Tell every part of `loss` that wants to know which training images the next batch holds."""
    for part in loss.modules():
        if isinstance(part, SampleIndexed) and index is not None:
            part.set_index(index)


def end_epoch(loss: nn.Module, predict: Callable[[], Tensor]) -> None:
    """End the epoch for every part of `loss` that keeps something for the training images.

    Args:
        loss: any loss.
        predict: gives the logits (N, L) of all training images, called once and only if a part asks for them.
    """
    for part in loss.modules():
        if isinstance(part, SampleIndexed):
            part.end_epoch()
    learners = [part for part in loss.modules() if isinstance(part, PredictionFed) and part.wants_predictions()]
    if learners:
        logits = predict()
        for part in learners:
            part.learn(logits)

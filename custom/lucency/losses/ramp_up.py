"""A weight that grows with the epochs."""

from .base import number_in
from .state import EpochAware


class RampUp(EpochAware):
    r"""Factor $\min(1, (e-1)/n)$ of epoch $e$: 0 in the first epoch, 1 once $n$ epochs have passed.

    $n$ is a number of epochs, or a share of all. A part of a loss that is none itself. Without ramp-up, $n = 0$,
    nobody need tell the epoch.

    Args:
        share: $n$ over the number of all epochs, in [0, 1].
        epochs: $n$, if no `share` is given; 0 or more.
        owner: the loss that it is part of, for messages.
        argument: what that loss calls it.

    Raises:
        ConfigError: `share` is outside [0, 1], or `epochs` is negative.

    Example:
        >>> ramp = RampUp(0.5)
        >>> ramp.set_epoch(2, 10)
        >>> ramp.factor()
        0.2
        >>> ramp = RampUp(epochs=2)
        >>> ramp.set_epoch(2, 10)
        >>> ramp.factor()
        0.5
    """

    def __init__(
        self, share: float = 0.0, *, epochs: float = 0.0, owner: str = "RampUp", argument: str = "ramp_up"
    ) -> None:
        super().__init__()
        self.share = number_in(owner, argument, share, 0, 1)
        self.epochs = number_in(owner, argument, epochs, 0, 1e6)

    def factor(self) -> float:
        """The factor of the epoch under way; raises ConfigError if there is a ramp-up and nobody has said the epoch."""
        if self.share == self.epochs == 0:
            return 1.0
        return min(1.0, (self.epoch - 1) / (self.share * self.max_epochs if self.share > 0 else self.epochs))

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"epochs={self.epochs}" if self.epochs > 0 else f"share={self.share}"

"""A weight that grows with the epochs."""

from .base import number_in
from .state import EpochAware


class RampUp(EpochAware):
    r"""Factor $\min(1, (e-1)/(sT))$ of epoch $e$ of $T$: 0 in the first epoch, 1 once the share $s$ of all has passed.

    A part of a loss that is none itself. Without ramp-up, $s = 0$, nobody need tell the epoch.

    Args:
        share: $s$ in [0, 1].
        owner: the loss that it is part of, for messages.

    Raises:
        ConfigError: `share` is outside [0, 1].

    Example:
        >>> ramp = RampUp(0.5)
        >>> ramp.set_epoch(2, 10)
        >>> ramp.factor()
        0.2
    """

    def __init__(self, share: float, *, owner: str = "RampUp") -> None:
        super().__init__()
        self.share = number_in(owner, "ramp_up", share, 0, 1)

    def factor(self) -> float:
        """The factor of the epoch under way; raises ConfigError if there is a ramp-up and nobody has said the epoch."""
        return min(1.0, (self.epoch - 1) / (self.share * self.max_epochs)) if self.share > 0 else 1.0

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"share={self.share}"

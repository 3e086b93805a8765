"""Guards of the training."""


class FiniteLoss:
    """Nobody makes one in a test of text."""

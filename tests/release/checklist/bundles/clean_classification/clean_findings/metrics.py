"""Metrics of several findings."""


class MeanAuroc:
    """Nobody makes one in a test of text."""

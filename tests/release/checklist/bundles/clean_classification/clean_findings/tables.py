"""A table of probabilities."""


class TableWriter:
    """Nobody makes one in a test of text."""

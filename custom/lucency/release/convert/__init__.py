"""Published networks as Lucency bundles."""

from .converter import convert_weights
from .network import PublishedNetwork

__all__ = ["PublishedNetwork", "convert_weights"]

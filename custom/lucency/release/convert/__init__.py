"""Published networks as Lucency bundles."""

from .converter import Conversion, convert_weights
from .network import PublishedNetwork

__all__ = ["Conversion", "PublishedNetwork", "convert_weights"]

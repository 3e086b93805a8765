"""Bulk work beyond one machine: chunks of files over a Ray cluster, one writer.

Nothing here imports Ray before it is asked to; it comes with ``pip install 'lucency[scale]'``.
"""

from .caching import cache_over_ray
from .cluster import cluster
from .predicting import predict_over_ray
from .spread import spread

__all__ = ["cache_over_ray", "cluster", "predict_over_ray", "spread"]

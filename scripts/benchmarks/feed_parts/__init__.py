"""What scripts/benchmarks/feed.py compares, and how it measures a cache of a million images."""

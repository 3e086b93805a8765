"""Contestants of the benchmarks of training."""

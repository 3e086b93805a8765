"""Noisy labels: find them, have the important ones read again, remember who said what."""

"""Calibrated probabilities from a network's."""

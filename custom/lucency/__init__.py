"""Chest X-ray finding classifiers from the labels a hospital really has."""

__version__ = "0.1.0"

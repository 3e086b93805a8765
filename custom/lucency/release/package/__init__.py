"""Bundles made whole, to run on machines that know nothing of this project."""

from .packager import Package, package_bundle

__all__ = ["Package", "package_bundle"]

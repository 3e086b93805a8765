"""Running bundles strictly."""

from .runner import config_files, config_groups, run_bundle

__all__ = ["config_files", "config_groups", "run_bundle"]

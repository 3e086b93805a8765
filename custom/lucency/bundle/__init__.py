"""Running bundles strictly."""

from .runner import chosen_groups, config_files, config_groups, run_bundle

__all__ = ["chosen_groups", "config_files", "config_groups", "run_bundle"]

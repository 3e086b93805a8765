"""The verbs of the command line, one file each; `lucency.cli.VERBS` names them."""

ANY_KEY = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Settings of a verb that takes keys of a bundle's configuration as further options."""

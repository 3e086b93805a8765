"""The verbs of the command line, one file each; `lucency.cli` puts them together."""

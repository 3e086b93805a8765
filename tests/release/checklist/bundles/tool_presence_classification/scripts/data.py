"""Lists of files."""

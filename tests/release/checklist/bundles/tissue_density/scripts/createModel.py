"""A network."""

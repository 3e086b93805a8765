"""Results on their way to the PACS, by C-STORE or STOW-RS."""

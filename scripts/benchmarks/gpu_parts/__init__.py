"""What a GPU is asked in the benchmark of it."""

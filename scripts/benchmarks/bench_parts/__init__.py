"""What the benchmarks share: the clock, the rows of the table, the machine, the peers."""

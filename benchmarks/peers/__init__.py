"""One module for each peer, with the two things that `benchmarks.child` runs: see `ends`."""

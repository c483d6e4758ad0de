"""Benchmarks: Letterkey beside the bare libraries that it stands on, in one run on one machine."""

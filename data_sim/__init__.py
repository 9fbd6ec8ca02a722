"""Simulated corpora: programs that write labelled audio to disk for `lightning_sepcl` to read."""

"""Measurements: what a process weighs and how long a reading takes, each in a file of results."""

"""The specification: each test's name is a clause of it."""

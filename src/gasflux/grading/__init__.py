"""Flags and grade of a result."""

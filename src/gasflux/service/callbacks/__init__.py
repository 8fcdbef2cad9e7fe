"""Telling other programs that a task has ended."""

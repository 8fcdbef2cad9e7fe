"""Numerical methods that know nothing of flights."""

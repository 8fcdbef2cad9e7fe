"""Texts, numbers and sections of the report; `gasflux.reporting` is the door."""

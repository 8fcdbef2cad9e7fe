"""Algorithms of the background concentration; `gasflux.background` is the door."""

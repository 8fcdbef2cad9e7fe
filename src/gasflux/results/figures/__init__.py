"""One module per kind of figure; `gasflux.plotting` is the door."""

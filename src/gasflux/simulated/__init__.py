"""What a simulated flight is made of; `gasflux.simulation` is the door."""

"""What a file of any instrument goes through on its way to a `FlightLog`; `gasflux.readers` is the door."""

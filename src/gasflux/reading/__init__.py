"""What a file of any instrument goes through on its way to a `FlightLog`; `gasflux.reading.flight_file` is the door."""

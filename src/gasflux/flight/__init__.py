"""Where the aircraft was and which way the wind blew: projection, phases, the surface it flew, the wind through it."""

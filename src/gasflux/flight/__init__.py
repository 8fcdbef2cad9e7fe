"""Where the aircraft was and which way the wind blew: projection, phases and passes, the wind.

`gasflux.processing` lays the passes onto their surfaces.
"""

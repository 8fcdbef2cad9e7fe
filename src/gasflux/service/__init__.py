"""What the web service is made of below HTTP: tasks, uploads, keys, callbacks, safekeeping, watch.

`parts` makes each of them once. Settings stand in `gasflux.configuration`, worker processes in `gasflux.jobs`. Nothing
here knows Flask.
"""

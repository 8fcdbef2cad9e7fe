"""Settings: of the processing (the YAML, `pipeline_yaml`) and of the service (`service_settings`).

`gasflux.config_reader` reads the latter from `gasflux.ini` and the environment.
"""

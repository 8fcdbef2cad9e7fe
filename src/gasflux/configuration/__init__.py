"""Settings of the processing and of the service."""

"""Watching the service: health, statistics, logs."""

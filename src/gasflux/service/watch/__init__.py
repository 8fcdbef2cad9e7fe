"""Watching the service: health, metrics, the machine, logs. The counts behind them are `gasflux.service.statistics`."""

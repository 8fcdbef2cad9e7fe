"""The statistics in the text format of Prometheus, read at the moment they are asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from gasflux.service.parts import Service
from gasflux.service.statistics import BUCKETS_S, StatisticsSnapshot
from gasflux.service.watch.system import system_info
from gasflux.version import __version__

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


def metrics_text(service: Service) -> bytes:
    """Return every metric of a service."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_ServiceCollector(service))
    return generate_latest(registry)


class _ServiceCollector(Collector):
    """Turns the present state into metrics; counts begin anew with a reset, which Prometheus takes as a restart."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        seen = self._service.statistics.snapshot()
        yield from self._requests(seen)
        yield from self._tasks(seen)
        yield from self._machine()

    def _requests(self, seen: StatisticsSnapshot) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "gasflux_http_requests", "Answered requests.", labels=("method", "endpoint", "status")
        )
        for key, count in seen.requests.items():
            requests.add_metric((key.method, key.endpoint, str(key.status)), count)
        yield requests
        buckets, so_far = [], 0
        for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), seen.buckets, strict=True):
            so_far += count
            buckets.append((bound, float(so_far)))
        yield HistogramMetricFamily(
            "gasflux_http_request_seconds", "Time to answer.", buckets=buckets, sum_value=seen.total_s
        )

    def _tasks(self, seen: StatisticsSnapshot) -> Iterator[Metric]:
        events = CounterMetricFamily("gasflux_tasks", "Tasks created, completed and failed.", labels=("event",))
        for event, count in seen.tasks.items():
            events.add_metric((event,), count)
        yield events
        counts = self._service.tasks.counts()
        standing = GaugeMetricFamily("gasflux_tasks_standing", "Tasks by status.", labels=("status",))
        for status in ("pending", "processing", "completed", "failed"):
            standing.add_metric((status,), getattr(counts, status))
        yield standing
        slots = self._service.executor.slots
        yield GaugeMetricFamily("gasflux_workers", "Worker processes.", value=slots)
        yield GaugeMetricFamily(
            "gasflux_queue_limit", "Tasks that may wait.", value=self._service.settings.tasks.max_queue
        )

    def _machine(self) -> Iterator[Metric]:
        system = system_info(self._service.folders.outputs)
        yield GaugeMetricFamily("gasflux_disk_free_bytes", "Free disk of the results.", value=system["disk"]["free"])
        yield GaugeMetricFamily(
            "gasflux_process_resident_bytes", "Memory of the server process.", value=system["memory"]["process"]
        )
        uptime_s = time.monotonic() - self._service.started_monotonic
        yield GaugeMetricFamily("gasflux_uptime_seconds", "Time since the start.", value=uptime_s)
        version = GaugeMetricFamily("gasflux_info", "Version of the service.", labels=("version",))
        version.add_metric((__version__,), 1)
        yield version

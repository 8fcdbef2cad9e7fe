"""Counts and times of requests and tasks since the start or the last reset; memory does not grow with traffic."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gasflux.storage.clock import utc_now

_KEPT_DURATIONS: Final = 1000
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the duration classes that /metrics shows, seconds."""
_FAILED_FROM: Final = 500


@dataclass(frozen=True)
class RequestCounts:
    """Requests of one method, endpoint rule and status."""

    method: str
    endpoint: str
    status: int


@dataclass(frozen=True)
class StatisticsSnapshot:
    """One consistent state of the counts."""

    since: datetime
    requests: Mapping[RequestCounts, int]
    tasks: Mapping[str, int]
    durations_s: tuple[float, ...]
    """Of the last requests, in rising order."""
    buckets: tuple[int, ...]
    """Requests per duration class, the last one above the highest bound."""
    total_s: float

    @property
    def total(self) -> int:
        """Requests answered."""
        return sum(self.requests.values())

    @property
    def error_rate(self) -> float:
        """Share of requests that the server failed to answer (status 500 and above)."""
        failed = sum(count for key, count in self.requests.items() if key.status >= _FAILED_FROM)
        return failed / self.total if self.total else 0.0

    def by(self, attribute: str) -> dict[str, int]:
        """Return requests by ``method``, ``endpoint`` or ``status``."""
        counts: Counter[str] = Counter()
        for key, count in self.requests.items():
            counts[str(getattr(key, attribute))] += count
        return dict(sorted(counts.items()))

    def percentile_s(self, share: float) -> float:
        """Return the duration that this share of the last requests stayed within."""
        if not self.durations_s:
            return 0.0
        return self.durations_s[min(len(self.durations_s) - 1, int(share * len(self.durations_s)))]

    @property
    def mean_s(self) -> float:
        """Mean duration of all requests."""
        return self.total_s / self.total if self.total else 0.0


class APIStatsCollector:
    """Counts what the service does; every method may be called from any thread.

    Endpoints are counted by their rule (``/task/<task_id>``), never by the path a client sent, and unknown methods
    together: the number of counters is bounded whatever arrives.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        with self._lock:
            self._since = utc_now()
            self._requests: Counter[RequestCounts] = Counter()
            self._tasks: Counter[str] = Counter()
            self._durations: deque[float] = deque(maxlen=_KEPT_DURATIONS)
            self._buckets = [0] * (len(BUCKETS_S) + 1)
            self._total_s = 0.0

    def count_request(self, method: str, endpoint: str, status: int, duration_s: float) -> None:
        """Count one answered request.

        Parameters
        ----------
        method
            Of the request; one that HTTP does not know counts as ``other``.
        endpoint
            Rule of the address, never the path itself.
        status
            Of the answer.
        duration_s
            From request to answer, seconds.
        """
        key = RequestCounts(method if method in _METHODS else "other", endpoint, status)
        bucket = next((place for place, bound in enumerate(BUCKETS_S) if duration_s <= bound), len(BUCKETS_S))
        with self._lock:
            self._requests[key] += 1
            self._durations.append(duration_s)
            self._buckets[bucket] += 1
            self._total_s += duration_s

    def count_task(self, event: str) -> None:
        """Count that a task was ``created``, ``completed`` or ``failed``."""
        with self._lock:
            self._tasks[event] += 1

    def snapshot(self) -> StatisticsSnapshot:
        """Return the present counts."""
        with self._lock:
            return StatisticsSnapshot(
                self._since,
                dict(self._requests),
                {event: self._tasks[event] for event in ("created", "completed", "failed")},
                tuple(sorted(self._durations)),
                tuple(self._buckets),
                self._total_s,
            )

"""How long a task still takes: from how far it is, and from how long files of its size took before."""

from __future__ import annotations

import statistics
import threading
from collections import deque
from typing import Final

REMEMBERED: Final = 50
SIMILAR: Final = 2.0
"""Files whose sizes differ by less than this factor are alike."""
ENOUGH: Final = 3
"""So many files alike say more than all files together."""
CREDIBLE_PERCENT: Final = 3.0
"""Below this share of the work its speed says nothing."""


class DurationEstimator:
    """Learns from finished tasks; asked and taught by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._finished: deque[tuple[int, float]] = deque(maxlen=REMEMBERED)

    def learn(self, size_bytes: int, seconds: float) -> None:
        """Remember how long a file of a size took."""
        with self._lock:
            self._finished.append((size_bytes, seconds))

    def whole_s(self, size_bytes: int | None = None) -> float | None:
        """Return how long a file takes: the median of those alike, else of all; None when nothing is known."""
        with self._lock:
            finished = tuple(self._finished)
        if not finished:
            return None
        alike = [seconds for size, seconds in finished if size_bytes is not None and _is_alike(size, size_bytes)]
        return statistics.median(alike if len(alike) >= ENOUGH else [seconds for _, seconds in finished])

    def left_s(self, size_bytes: int, elapsed_s: float, percent: float) -> float | None:
        """Return how long a running task still takes.

        Its own speed counts the more the farther it is; before, what others took.

        Parameters
        ----------
        size_bytes
            Of the upload.
        elapsed_s
            Seconds since it was started.
        percent
            How far it is, 0 to 100.
        """
        whole = self.whole_s(size_bytes)
        by_others = None if whole is None else max(whole - elapsed_s, 0.0)
        if percent < CREDIBLE_PERCENT:
            return by_others
        by_itself = elapsed_s * (100.0 - percent) / percent
        if by_others is None:
            return by_itself
        weight = percent / 100.0
        return weight * by_itself + (1.0 - weight) * by_others


def _is_alike(one_bytes: int, other_bytes: int) -> bool:
    """Tell whether two sizes are alike."""
    return max(one_bytes, other_bytes) < SIMILAR * max(min(one_bytes, other_bytes), 1)

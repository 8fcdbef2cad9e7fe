"""What Schemathesis cannot know from the description: flight logs, configurations, addresses."""

from __future__ import annotations

import schemathesis
from hostile_files import SAMPLE
from hypothesis import strategies

_PASSES, _ROWS = 4, 30


def _short_flight() -> bytes:
    """Return a small log with a curtain: one without is refused, which the description cannot say."""
    lines = ["timestamp,latitude,longitude,height_ato,windspeed,temperature,pressure,ch4"]
    for row in range(_PASSES * _ROWS):
        number, step = divmod(row, _ROWS)
        along = step if number % 2 == 0 else _ROWS - 1 - step
        time, place = f"2026-04-13T09:{row // 60:02d}:{row % 60:02d}", f"52.0,4.{along:04d}"
        lines.append(f"{time},{place},{5 + 5 * number},5.0,15.0,1000.0,{2.0 + 0.3 * (10 <= along < 16):.1f}")
    return "\n".join([*lines, ""]).encode()


FLIGHTS = strategies.sampled_from([_short_flight(), SAMPLE.read_bytes()])
CONFIGS = strategies.sampled_from(["", "language: zh\n", "strategies:\n  spatial: curtain\n"])

for media_type in (
    "text/csv",
    "application/gzip",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
):
    schemathesis.openapi.media_type(media_type, FLIGHTS)
schemathesis.openapi.format("yaml", CONFIGS)
schemathesis.openapi.format("uri", strategies.just("http://127.0.0.1:9/"))

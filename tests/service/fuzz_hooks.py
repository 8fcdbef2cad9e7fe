"""What Schemathesis cannot know from the description: flight logs, configurations, addresses."""

from __future__ import annotations

import schemathesis
from hostile_files import SAMPLE
from hypothesis import strategies

_SHORT = b"timestamp,latitude,longitude,height_ato,windspeed,temperature,pressure,ch4\n" + b"".join(
    b"2026-04-13T09:%02d:%02d,52.0,4.%04d,%d,5.0,15.0,1000.0,2.%d\n" % (i // 60, i % 60, i, 10 + i // 20, i % 7)
    for i in range(60)
)
FLIGHTS = strategies.sampled_from([_SHORT, SAMPLE.read_bytes()])
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

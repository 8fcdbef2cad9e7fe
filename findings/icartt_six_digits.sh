#!/usr/bin/env bash
# icartt 2.0.0 (PyPI), the reader and writer of NASA's ICARTT format (FFI 1001) that airborne teams use.
# Expected: a file that is read and written again holds the numbers it held.
# Seen:     write() gives every number six significant digits: positions move by up to 5.6 m in a latitude and ten times that in a
#           longitude of three digits, a track flown along a line becomes a staircase, and nothing says so.
# For us:   a curtain in such a file has steps of 10-100 m; give write() a format of its own, or keep the original.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check icartt==2.0.0 numpy==2.3.5
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
import icartt

head = """Doe, Jane
Institute
GPS on a drone
FLIGHT
1, 1
2026, 6, 1, 2026, 6, 2
1.0
Time_Start, s, seconds after midnight
2
1, 1
-9999, -9999
Latitude, deg, latitude
Longitude, deg, longitude
0
18
PI_CONTACT_INFO: nobody
PLATFORM: drone
LOCATION: here
ASSOCIATED_DATA: none
INSTRUMENT_INFO: none
DATA_INFO: none
UNCERTAINTY: none
ULOD_FLAG: -7777
ULOD_VALUE: N/A
LLOD_FLAG: -8888
LLOD_VALUE: N/A
DM_CONTACT_INFO: nobody
PROJECT_INFO: none
STIPULATIONS_ON_USE: none
OTHER_COMMENTS: none
REVISION: R0
R0: first
Time_Start, Latitude, Longitude""".splitlines()
rows = [f"{36000 + i}, {52.1234567 + 1e-5 * i:.7f}, {-103.0754321:.7f}" for i in range(5)]
with open("in.ict", "w") as stream:
    stream.write("\n".join([f"{len(head) + 1}, 1001", *head, *rows]) + "\n")
given = icartt.Dataset("in.ict")
with open("out.ict", "w") as stream:
    given.write(stream)
again = icartt.Dataset("out.ict")
off_m = abs(again.data["Latitude"] - given.data["Latitude"]).max() * 111_195.0
print("read:   ", given.data["Latitude"])
print("written:", again.data["Latitude"], f"off by up to {off_m:.1f} m")
raise SystemExit(0 if off_m > 1.0 else "write() keeps the digits now: this finding is out of date")
PYTHON

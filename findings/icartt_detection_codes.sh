#!/usr/bin/env bash
# icartt 2.0.0 (PyPI), the reader of NASA's ICARTT format (FFI 1001) that airborne teams use.
# Expected: -8888 and -7777, declared in the head as LLOD_FLAG and ULOD_FLAG (below and above the limit of detection), are
#           no values: masked or NaN, as the missing code -9999 of the same head is.
# Seen:     -9999 becomes NaN, -8888 and -7777 stay numbers in data[...]; a mean over them is a mean over codes.
# For us:   every 50th cell of methane -8888 turned a rate of 10 into -10,100 kg/h before codes were taken as no values
#           (`reading/values/codes.py`); tables made from ICARTT by this reader hold them too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check icartt==2.0.0 numpy==2.3.5
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
import icartt
import numpy as np

head = """Doe, Jane
Institute
Analyser on a drone
FLIGHT
1, 1
2026, 6, 1, 2026, 6, 2
1.0
Time_Start, s, seconds after midnight
1
1
-9999
CH4, ppmv, methane
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
ULOD_VALUE: 100
LLOD_FLAG: -8888
LLOD_VALUE: 1.8
DM_CONTACT_INFO: nobody
PROJECT_INFO: none
STIPULATIONS_ON_USE: none
OTHER_COMMENTS: none
REVISION: R0
R0: first
Time_Start, CH4""".splitlines()
rows = ["36000, 2.03", "36001, -8888", "36002, -9999", "36003, -7777", "36004, 2.05"]
with open("in.ict", "w") as stream:
    stream.write("\n".join([f"{len(head) + 1}, 1001", *head, *rows]) + "\n")
values = np.asarray(icartt.Dataset("in.ict").data["CH4"], dtype=float)
print("CH4:", values, "mean", np.nanmean(values))
stay = np.isnan(values[2]) and values[1] == -8888 and values[3] == -7777
raise SystemExit(0 if stay else "the codes are no numbers any more: this finding is out of date")
PYTHON

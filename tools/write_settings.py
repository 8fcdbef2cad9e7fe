"""Write gasflux.ini and the table of docs/ENVIRONMENT_VARIABLES.md anew, from the one table of settings."""

from __future__ import annotations

import re
from pathlib import Path

from gasflux.config_reader import ini_text, variables_table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "ENVIRONMENT_VARIABLES.md"


def main() -> None:
    """Write both files."""
    (ROOT / "gasflux.ini").write_text(ini_text(), encoding="utf-8", newline="\n")
    page = PAGE.read_text(encoding="utf-8")
    page = re.sub(r"(?m)^\| variable .*\n(?:\|.*\n)+", lambda match: variables_table(), page)
    PAGE.write_text(page, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

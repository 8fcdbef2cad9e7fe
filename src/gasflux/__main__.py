"""``python -m gasflux`` is the command ``gasflux``."""

from gasflux.cli import main

if __name__ == "__main__":
    main()

"""The fixtures of the page; the file is this short because mypy knows one conftest, that of the service."""

from page_fixtures import *  # noqa: F403

"""The application's own names: the configuration under the hand-over document's spelling."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gasflux.app import APIStatsCollector, Config, create_app

ATTRIBUTES = (
    *("HOST", "PORT", "DEBUG", "BASE_URL", "UPLOAD_FOLDER", "OUTPUT_FOLDER", "THREADS", "CONNECTION_LIMIT"),
    *("CHANNEL_TIMEOUT", "TASK_CLEANUP_INTERVAL", "MAX_TASK_AGE", "SUCCESSFUL_TASK_CLEANUP_AGE"),
    *("FAILED_TASK_CLEANUP_AGE", "MAX_CONTENT_LENGTH"),
)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_configuration_has_the_documents_names(name: str) -> None:
    assert getattr(Config, name) is not None


def test_an_unknown_name_lists_those_that_are_known() -> None:
    with pytest.raises(AttributeError, match="HOST"):
        _ = Config.HOSTNAME


def test_it_reads_the_environment_when_it_is_asked_and_nothing_at_import(tmp_path: Path) -> None:
    code = (
        "import os; from gasflux.app import Config; os.environ['GASFLUX_PORT'] = '6789';"
        " assert Config.PORT == 6789; print(*os.listdir('.'))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_the_documents_classes_are_here() -> None:
    assert callable(create_app)
    assert APIStatsCollector().snapshot().total == 0

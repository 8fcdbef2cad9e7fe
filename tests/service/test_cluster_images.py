"""What the page on clusters installs, in empty environments, and its resource of Kubernetes. ``make test-dask``."""

from __future__ import annotations

import shutil
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from cluster_page import Desk, block
from dask_cluster import free_port
from fresh_environment import FreshEnvironment
from jsonschema_rs import validator_for
from markdown_pages import ROOT
from patience import HANG_S

pytestmark = [
    pytest.mark.dask,
    pytest.mark.skipif(sys.platform == "win32", reason="the page shows commands of a shell"),
]

FLIGHTS = 3
OPERATOR: Final = ("dask-kubernetes", "2026.3.0", "5cf138e03cb1851063b82b74e9fd4679251238e3867fcae1e3682aada6410728")
"""Name, version and SHA-256 of the wheel with the operator's schema; only that is read, nothing of it is installed."""

RESOURCE: Final[dict[str, Any]] = yaml.safe_load(block("resource").text)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what a fresh clone has, with the wheel that ``make wheel`` builds there."""
    copy = tmp_path_factory.mktemp("checkout") / "gasflux"
    copy.mkdir()
    for name in ("pyproject.toml", "requirements.txt", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, copy / name)
    shutil.copytree(ROOT / "src" / "gasflux", copy / "src" / "gasflux", ignore=shutil.ignore_patterns("__pycache__"))
    wheel = ["wheel", "--no-deps", "--wheel-dir", "dist", "."]
    FreshEnvironment(copy.parent / "builder").pip(*wheel, folder=copy)
    return copy


def desk_with(folder: Path, environment: FreshEnvironment) -> Desk:
    """Return somebody who has this environment's programs and nothing of the tests'."""
    desk = Desk(folder)
    desk.environment = environment.variables
    return desk


def test_flights_through_the_image(checkout: Path, tmp_path: Path) -> None:
    """Scheduler and worker start as the resource starts them, from what the image has; the client is a checkout's."""
    image = FreshEnvironment(tmp_path / "image")
    (line,) = (line for line in block("image").text.splitlines() if line.startswith("RUN "))
    desk_with(tmp_path / "build", image).run(line.removeprefix("RUN ").replace("/src/", f"{sources(checkout)}/"))
    ours = desk_with(tmp_path / "client", FreshEnvironment(tmp_path / "venv"))
    for lines in (block("install"), block("ssh"), block("slurm")):
        ours.run(f"cd {checkout}; {lines.commands[0]}")
    ours.run("python -m pip check; python -c 'import dask_jobqueue, gasflux, paramiko'")
    cluster = desk_with(tmp_path / "cluster", image)
    cluster.port = ours.port
    expected = ours.simulate(FLIGHTS)
    page = free_port()
    here = f"--host 127.0.0.1 --port {ours.port} --dashboard-address 127.0.0.1:{page}"
    with cluster.started(f"{arguments('scheduler', {})} {here}", "scheduler"):
        cluster.until("scheduler", "Scheduler at:")
        with urllib.request.urlopen(f"http://127.0.0.1:{page}{probe()}", timeout=HANG_S) as answer:
            assert answer.status == 200
        # As the operator sets them; the schema's test looks whether it still does.
        variables = {"DASK_WORKER_NAME": "one", "DASK_SCHEDULER_ADDRESS": f"tcp://127.0.0.1:{ours.port}"}
        cluster.environment |= variables
        with cluster.started(f"{arguments('worker', variables)} --host 127.0.0.1", "worker"):
            cluster.until("scheduler", "name: one")
            ours.run(block("process").text)
    assert ours.results() == expected


def sources(checkout: Path) -> Path:
    """Do what the image's COPY does."""
    (line,) = (line for line in block("image").text.splitlines() if line.startswith("COPY "))
    *files, target = line.split()[1:]
    assert target == "/src/"
    folder = checkout.parent / "src"
    folder.mkdir()
    for name in files:
        shutil.copy2(checkout / name, folder)
    return folder


def container(role: str) -> dict[str, Any]:
    """Return the resource's one container of a role."""
    (found,) = RESOURCE["spec"][role]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def arguments(role: str, variables: dict[str, str]) -> str:
    """Return the command of a container, its variables put in as Kubernetes does."""
    command = " ".join(container(role)["args"])
    for name, value in variables.items():
        command = command.replace(f"$({name})", value)
    return command


def probe() -> str:
    """Return the address that tells whether the scheduler is ready."""
    asked = container("scheduler")["readinessProbe"]["httpGet"]
    assert asked["port"] == "http-dashboard"
    return str(asked["path"])


def test_resource_fits_the_schema_of_the_operator(tmp_path: Path) -> None:
    with zipfile.ZipFile(operator(tmp_path)) as wheel:
        root = "dask_kubernetes/operator/"
        crd = yaml.safe_load(wheel.read(f"{root}deployment/helm/dask-kubernetes-operator/crds/daskcluster.yaml"))
        controller = wheel.read(f"{root}controller/controller.py").decode()
    (version,) = crd["spec"]["versions"]
    assert RESOURCE["apiVersion"] == f"{crd['spec']['group']}/{version['name']}"
    assert RESOURCE["kind"] == crd["spec"]["names"]["kind"]
    schema = closed(version["schema"]["openAPIV3Schema"])
    given = {name: value for name, value in RESOURCE.items() if name not in ("apiVersion", "kind", "metadata")}
    assert [error.message for error in validator_for(schema).iter_errors(given)] == []
    for name in ('"DASK_WORKER_NAME"', '"DASK_SCHEDULER_ADDRESS"', '"http-dashboard"', "-scheduler.{namespace}"):
        assert name in controller, "the page relies on it"
    given["spec"]["worker"]["spec"]["containers"][0]["argz"] = []
    assert not validator_for(schema).is_valid(given), "a slip of the pen is found"


def operator(folder: Path) -> Path:
    """Download the operator's wheel; pip compares its hash."""
    name, version, digest = OPERATOR
    (folder / "operator.txt").write_text(f"{name}=={version} --hash=sha256:{digest}\n")
    download = ["download", "--no-deps", "--only-binary=:all:", "--require-hashes", "-r", "operator.txt"]
    FreshEnvironment(folder / "venv").pip(*download, folder=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def closed(schema: Any) -> Any:
    """Forbid what a schema does not name, as Kubernetes drops it."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(part) for name, part in schema.items()}
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not is_open:
        inner["additionalProperties"] = False
    return inner


def test_resource_hangs_together() -> None:
    """Names are repeated in it: cluster, ports, threads and processors."""
    service, scheduler, worker = RESOURCE["spec"]["scheduler"]["service"], container("scheduler"), container("worker")
    assert service["selector"]["dask.org/cluster-name"] == RESOURCE["metadata"]["name"]
    named = {port["name"]: port["containerPort"] for port in scheduler["ports"]}
    assert {port["targetPort"]: port["port"] for port in service["ports"]} == named
    assert named == {"tcp-comm": 8786, "http-dashboard": 8787}, "the names that the operator asks for"
    assert worker["image"] == scheduler["image"]
    threads = worker["args"][worker["args"].index("--nthreads") + 1]
    assert worker["resources"]["limits"]["cpu"] == threads

"""The pages are true: every command runs, every link leads somewhere, the two languages say the same."""

from __future__ import annotations

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from live_server import LiveServer, live_server
from markdown_pages import ROOT, Block, Page, pages
from patience import HANG_S

from gasflux import errors
from gasflux.client import GasFluxClient
from gasflux.configuration.service_settings import setting_rows
from gasflux.grading.flag_catalogue import FLAG_RULES
from gasflux.simulation import Scenario
from gasflux.simulation.files import simulate_kind, write_simulated
from gasflux.simulation.several_files import InstrumentClocks, instrument_records, write_instruments
from gasflux.version import __version__

PAGES = {page.name: page for page in pages()}
SOURCE = ROOT / "src" / "gasflux"

RUN_ELSEWHERE = {
    "docs/API_DOCUMENTATION.md": "tests/service/test_api_documentation.py runs its requests and compares the answers",
    "docs/CLUSTER.md": "tests/service/test_cluster_*.py run it block by block; what they do not has its reason there",
}

NOT_RUN = (
    (r"^sudo |&& sudo ", "needs root and changes the system; deploy/install.sh is run by tests/test_deploy.py"),
    (r"^make ", "sets up an environment of its own, as CI does; that the target exists is tested here"),
    (r"^(sh )?build_exe|^\./build_exe", "tests/exe builds the executable and runs it"),
    (
        r"^gasflux restore ",
        "needs a stopped server with empty folders: tests/test_deploy.py and tests/service/test_backup.py",
    ),
)
"""Commands that cannot be run in a scratch copy, with the reason."""

FOREVER = re.compile(r"(server_waitress|run_api)\.py(?!.*--help)|gasflux serve(?!.*--help)")
"""Commands that run until they are stopped."""

OPTIONAL = ("ss", "lsof", "sqlite3", "systemctl", "rsync")
"""Programs of the system that a machine may lack; without them their commands are left out."""

needs_shell = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("sh")), reason="the pages show curl and sh")


@dataclass
class Scratch:
    """A copy of the project where commands may write, with a server to talk to."""

    folder: Path
    server: LiveServer
    keys: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("GASFLUX_")}
        path = os.pathsep.join([str(Path(sys.executable).parent), own.get("PATH", "")])
        given = {"GASFLUX_HOST": "127.0.0.1", "GASFLUX_PORT": "0", "GASFLUX_TASKS_WORKERS": "1"}
        return own | given | {"PATH": path, "HOME": str(self.folder)} | self.keys

    def adapted(self, text: str) -> str:
        """Return a command with what differs here: the server's address, free ports, folders that may be written."""
        text = text.replace("http://localhost:5000", self.server.url).replace("/backups/", f"{self.folder}/backups/")
        return re.sub(r"GASFLUX_PORT=\d+", "GASFLUX_PORT=0", text).replace("tail -f ", "tail -n 500 ")

    def run(self, *command: str) -> None:
        """Run a command to its end, which must be good."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_S,
            check=False,
        )
        assert done.returncode == 0, f"{command[-1]}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"

    def seen_by_git(self) -> set[str]:
        """Return what `git status` would show: files that are new or changed and not ignored."""
        if not (ROOT / ".git").exists() or not shutil.which("git"):
            return set()
        where = (f"--git-dir={ROOT / '.git'}", f"--work-tree={self.folder}")
        command = ["git", *where, "ls-files", "--others", "--modified", "--exclude-standard", "--exclude=/.cache/"]
        done = subprocess.run(command, cwd=self.folder, stdout=subprocess.PIPE, encoding="utf-8", check=True)
        return set(done.stdout.splitlines())

    def start_and_stop(self, command: str) -> None:
        """Run a server until it listens, and stop it."""
        with subprocess.Popen(
            ["sh", "-c", f"exec env {command}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            assert process.stdout
            assert any(re.search(r"127\.0\.0\.1:\d+", line) for line in process.stdout), command
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            assert process.wait(HANG_S) == 0, command


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    """One copy and one server for all pages, which takes requests with and without a key."""
    root = tmp_path_factory.mktemp("pages")
    folder = root / "gasflux"
    shutil.copytree(
        ROOT, folder, ignore=shutil.ignore_patterns(".*", "output", "logs", "dist", "web_api_data", "pictures")
    )
    (folder / ".venv").symlink_to(sys.prefix)
    shutil.copy(ROOT / ".gitignore", folder)
    (folder / "web_api_data").mkdir()
    (folder / "logs").mkdir()
    (folder / "flights").mkdir()
    (folder / "backups").mkdir()
    (folder / "logs" / "gasflux_api.log").write_text("task:abc123 and task:0c7d1f0e\n", encoding="utf-8")
    write_simulated(simulate_kind("steady", {"ch4": 5.0}, 1), folder / "flight.xlsx", "steady")
    write_simulated(simulate_kind("steady", {"ch4": 5.0}, 2), folder / "flights" / "one.csv", "steady")
    records = instrument_records(Scenario(), InstrumentClocks())
    write_instruments(records, folder, "plain", "steady")
    settings = {"GASFLUX_TASKS_WORKERS": "1", "GASFLUX_SECURITY_REQUIRE_API_KEY": "false"}
    with live_server(root / "server", settings) as server:
        yield Scratch(folder, server, make_keys(server))


def make_keys(server: LiveServer) -> dict[str, str]:
    """Return a key and an administrator's, under the names the pages use."""
    made = {}
    for variable, role in (("KEY", ()), ("ADMIN_KEY", ("--admin",))):
        command = [sys.executable, str(ROOT / "create_api_key.py"), "--name", variable, *role]
        done = subprocess.run(
            command, env=server.environment, cwd=server.folder, capture_output=True, encoding="utf-8", check=True
        )
        made[variable] = done.stdout.strip()
    return made


def runnable(block: Block) -> list[str]:
    """Return the commands of a block that can be run here."""
    return [command for command in block.commands if not any(re.search(rule, command) for rule, _ in NOT_RUN)]


def is_there(command: str) -> bool:
    return all(shutil.which(name) for name in OPTIONAL if re.search(rf"(^|\| ){name} ", command))


def python_blocks(page: Page) -> list[Block]:
    """Return the examples of a page that can be run here."""
    return [block for block in page.blocks("python") if not any(re.search(rule, block.text) for rule, _ in NOT_RUN)]


def shell_blocks(page: Page) -> list[Block]:
    """Return the blocks of a page that hold something to run."""
    return [block for block in page.blocks("sh", "bash", "console") if runnable(block)]


def translated(page: Page) -> bool:
    """Whether a page has the commands of its English original, which another test holds."""
    return page.name.endswith(".zh-CN.md")


TO_RUN = [page for name, page in PAGES.items() if name not in RUN_ELSEWHERE and not translated(page)]


@pytest.mark.slow
@needs_shell
@pytest.mark.parametrize("page", [page for page in TO_RUN if shell_blocks(page)], ids=lambda page: page.name)
def test_every_shell_command_runs(page: Page, scratch: Scratch) -> None:
    before = scratch.seen_by_git()
    for block in shell_blocks(page):
        commands = [scratch.adapted(command) for command in runnable(block) if is_there(command)]
        for command in filter(FOREVER.search, commands):
            scratch.start_and_stop(command)
        if rest := [command for command in commands if not FOREVER.search(command)]:
            scratch.run("sh", "-ec", "\n".join(rest))
    assert scratch.seen_by_git() == before, "what the page's commands write belongs into .gitignore"


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in TO_RUN if python_blocks(page)], ids=lambda page: page.name)
def test_every_python_example_runs(page: Page, scratch: Scratch) -> None:
    before = scratch.seen_by_git()
    for block in python_blocks(page):
        scratch.run(sys.executable, "-c", scratch.adapted(block.text))
    assert scratch.seen_by_git() == before, "what the page's examples write belongs into .gitignore"


@needs_shell
def test_the_shown_upload_gives_a_report(scratch: Scratch) -> None:
    """The loop of the README would also end with a task that failed."""
    upload = next(block for block in PAGES["README.md"].blocks("sh") if "/upload" in block.text)
    scratch.run("sh", "-ec", scratch.adapted(upload.text))
    with GasFluxClient(scratch.server.url) as client:
        assert "completed" in {task.status for task in client.tasks()}
    assert "<html" in (scratch.folder / "report.html").read_text(encoding="utf-8")[:500]


def test_every_exception_is_still_needed() -> None:
    commands = [
        command for page in TO_RUN for block in page.blocks("sh", "bash", "console") for command in block.commands
    ]
    used = {rule for rule, _ in NOT_RUN if any(re.search(rule, command) for command in commands)}
    assert {rule for rule, _ in NOT_RUN} - used <= {r"^(sh )?build_exe|^\./build_exe"}


@pytest.mark.parametrize("page", [page for page in PAGES.values() if "```" in page.text], ids=lambda page: page.name)
def test_make_targets_and_tools_exist(page: Page) -> None:
    """What cannot be run here, on Windows or with make, names at least what there is."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for block in page.blocks("sh", "bash", "bat", "console", "powershell"):
        for command in block.commands:
            for target in re.findall(r"\bmake ([a-z][a-z-]*)", command):
                assert re.search(rf"(?m)^{target}:", makefile), command
            for module in re.findall(r"python(?:3|\.exe)? -m (tools\.\w+)", command):
                assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), command
            for script in re.findall(r"(?<![\w/\\])(\w+\.(?:py|bat))\b", command):
                assert (ROOT / script).is_file() or list(ROOT.glob(f"*/{script}")), command


def test_the_table_of_targets_names_real_ones() -> None:
    table = next(table for table in PAGES["CONTRIBUTING.md"].tables() if table[0][0] == "make")
    targets = {target for row in table[2:] for target in re.findall(r"`([a-z-]+)`", row[0])}
    assert targets <= set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Page) -> None:
    for link in page.links():
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.path.parent / target).resolve() if target else page.path
        assert path.exists(), link
        if anchor:
            assert anchor in Page(path).anchors(), link


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/METHODS.md", "docs/README.md"])
def test_every_path_in_the_tree_exists(name: str) -> None:
    """A path is written from the project's folder or from the package, and has a slash or the ending of a source."""
    quoted = re.findall(r"`([\w./-]+)`", PAGES[name].prose)
    paths = [text for text in quoted if "/" in text.strip("/") or text.endswith((".py", ".yaml", ".toml", ".txt", "/"))]
    roots = (ROOT, SOURCE, *ROOMS)
    missing = {path for path in paths if not any((root / path).exists() for root in roots)} - MADE_BY_COMMANDS
    assert paths
    assert not missing


MADE_BY_COMMANDS = {"benchmarks/results/", "dist/", "config.yaml"}

ROOMS = [folder for folder in SOURCE.iterdir() if folder.is_dir()]
"""Folders in which the map of the tree names folders, each in its own row."""

PAIRS = [
    ("README.md", "README.zh-CN.md"),
    *((f"docs/{name}.md", f"docs/{name}.zh-CN.md") for name in ("TROUBLESHOOTING", "INSTRUMENTS", "SECURITY")),
]


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_both_languages_have_the_same(english: str, chinese: str) -> None:
    one, other = PAGES[english], PAGES[chinese]
    assert [level for level, _ in one.headings()] == [level for level, _ in other.headings()]
    assert [block.commands for block in all_blocks(one)] == [block.commands for block in all_blocks(other)]
    assert [[skeleton(row) for row in table] for table in one.tables()] == [
        [skeleton(row) for row in table] for table in other.tables()
    ]
    assert files_linked(one) == files_linked(other)


def all_blocks(page: Page) -> list[Block]:
    return page.blocks("sh", "bash", "bat", "python", "powershell", "console", "ini", "yaml")


def skeleton(row: list[str]) -> list[tuple[set[str], set[str]]]:
    """Return what must be equal in a row of both languages: code and numbers, cell by cell."""
    return [(set(re.findall(r"`([^`]+)`", cell)), set(re.findall(r"\d+\.\d+", cell))) for cell in row]


def files_linked(page: Page) -> list[str]:
    """Return the files that a page links, in order, one for both languages."""
    files = [link.partition("#")[0] for link in page.links()]
    return [re.sub(r"\.zh-CN(?=\.md)|-(zh|en)(?=[-.])", "", file) for file in files if "README" not in file and file]


def test_accuracy_table_is_that_of_the_methods() -> None:
    methods = PAGES["docs/METHODS.md"].tables()
    ours = {row[0]: row for table in methods if table[0][0] == "kind" and len(table[0]) == 9 for row in table[2:]}
    peer = {row[0]: row for table in methods if table[0][0] == "kind" and len(table[0]) == 5 for row in table[2:]}
    heads, _, *shown = next(table for table in PAGES["README.md"].tables() if "peer" in table[0][-1])
    for kind, row in zip(("steady", "meandering", "5hz"), shown, strict=True):
        _, flights, _, median, std, _, holds = ours[kind][:7]
        assert row[1:3] == [f"{median} ± {std}", f"{float(holds):.1%}".replace("%", " %")], kind
        assert f"{flights} flights" in heads[1], kind
        assert row[3:] == [peer[kind][4], peer[kind][2]], kind


def error_types() -> set[str]:
    """Return every type that an answer, a task or an exception may have, as the code states them."""
    types: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any("Error" in ast.unparse(base) for base in node.bases):
                types |= _strings(getattr(item, "value", None) for item in node.body if _assigns(item, "kind"))
            elif isinstance(node, ast.Call) and ast.unparse(node.func).removesuffix(".of").endswith("JobFailure"):
                types |= _strings(node.args[:1])
            elif isinstance(node, ast.keyword) and node.arg == "error_type":
                types |= _strings([node.value])
        types |= set(re.findall(r"error_type = '(\w+)'", path.read_text(encoding="utf-8")))
    refusals = ast.parse((SOURCE / "api" / "refusals.py").read_text(encoding="utf-8"))
    mapping = next(item for item in refusals.body if _assigns(item, "_TYPES"))
    return types | _strings(ast.walk(mapping))


def _assigns(item: ast.AST, name: str) -> bool:
    targets = item.targets if isinstance(item, ast.Assign) else [item.target] if isinstance(item, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _strings(nodes: object) -> set[str]:
    assert hasattr(nodes, "__iter__")
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_setting_and_flag_named_exists() -> None:
    rows = tuple(setting_rows())
    keys = {(row.section, row.key) for row in rows}
    variables = {name for row in rows for name in row.variables}
    for page in PAGES.values():
        assert set(re.findall(r"`\[(\w+)\] (\w+)", page.text)) <= keys, page.name
        assert set(re.findall(r"\bGASFLUX_[A-Z]+_[A-Z_]+\b(?<!_)", page.text)) <= variables | OUTSIDE, page.name
    grades = next(table for table in PAGES["docs/TROUBLESHOOTING.md"].tables() if table[0][0] == "flag")
    named = {code for row in grades[2:] for code in re.findall(r"`(\w+)`", row[0])}
    assert named <= {rule.code for rule in FLAG_RULES}


_OF_CHAOS = {"GASFLUX_CHAOS_FAULTS", "GASFLUX_CHAOS_SEED"}
OUTSIDE = {"GASFLUX_PEER_PYTHON", "GASFLUX_FUZZ_EXAMPLES", "GASFLUX_API_KEY", *_OF_CHAOS}
"""Variables of the tools and the client, which the service does not know."""

BASES = {"gasflux_error", "service_error", "client_error"}
"""Types of classes that only others are made from."""


def test_every_error_type_is_explained() -> None:
    table = PAGES["docs/TROUBLESHOOTING.md"].tables()[-1]
    explained = [row[0].strip("`") for row in table[2:]]
    assert explained == sorted(set(explained))
    assert set(explained) == error_types() - BASES
    assert errors.InputError.kind in explained


def test_base_errors_are_never_raised() -> None:
    raised = r"raise (GasFluxError|ServiceError|ClientError)\("
    assert not [path.name for path in SOURCE.rglob("*.py") if re.search(raised, path.read_text(encoding="utf-8"))]


def test_the_version_stands_in_one_place() -> None:
    """Documentation shows it in an answer and an image's tag, and must follow; the sample's truth says what made it."""
    allowed = {"CHANGELOG.md", "src/gasflux/version.py", "src/gasflux/data/sample_flight.xlsx.truth.json"}
    shown = {"docs/API_DOCUMENTATION.md", "docs/CLUSTER.md"} & PAGES.keys()
    suffixes = {".py", ".md", ".toml", ".txt", ".ini", ".yaml", ".service", ".sh", ".bat", ".spec", ".json", ".html"}
    hidden = {".git", "vendor", "output", "logs", "dist", "build", "web_api_data", "results"}
    stating = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*")
        if path.suffix in suffixes
        and not any(
            part in hidden or part.startswith(".") or part.endswith("egg-info") for part in path.relative_to(ROOT).parts
        )
        and re.search(rf"(?<![\d.]){re.escape(__version__)}(?![\d.])", path.read_text(encoding="utf-8"))
    }
    assert shown <= stating <= allowed | shown
    assert PAGES["CHANGELOG.md"].headings()[1] == (2, __version__)

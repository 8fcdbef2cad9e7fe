"""The command line: parse, call one thing, print. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gasflux.cli.flight_logs import describe, find_logs, plan_jobs, plan_one_flight
from gasflux.cli.tables import FLUX_HEADER, flux_rows, format_table, inspection_json, inspection_lines
from gasflux.configuration.pipeline_yaml import default_config_text, load_pipeline_config
from gasflux.errors import ConfigError, GasFluxError, InputError, UnsupportedFileError
from gasflux.results.folder import flight_of
from gasflux.storage.whole_file import write_whole
from gasflux.version import __version__

if TYPE_CHECKING:
    from gasflux.cli.run_flights import BatchOptions, FlightLine
    from gasflux.jobs.batch import BatchProgress
    from gasflux.jobs.records import Job

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LOGS = click.Path(readable=False, path_type=Path)  # one that cannot be read fails alone, like one that is not there
_NEW_FILE = click.Path(dir_okay=False, readable=False, path_type=Path)
_NEW_FOLDER = click.Path(file_okay=False, readable=False, path_type=Path)
_KINDS = (
    *("steady", "meandering", "weak", "drifting", "shuffled", "high_lowest_pass", "gusty", "5hz"),
    *("spiral_steady", "spiral_meandering"),
    *("turbulent_usual", "turbulent_high_lowest_pass", "turbulent_shuffled", "turbulent_light_wind", "turbulent_near"),
    *("turbulent_far", "turbulent_slow_sensor", "turbulent_spiral", "turbulent_drifting"),
    *("aircraft_walls", "aircraft_platform", "aircraft_box", "aircraft_racetrack"),
)
"""Those of `simulation.kinds`, written out so that ``--help`` need not import the simulation (a test compares).

That would take longer than all of the command line: ``python -m tools.import_cost gasflux.simulation`` measures it.
"""
_LAYOUTS = ("plain", "licor", "lgr", "aeris")
"""Those of `simulation.several_files`, for the same reason."""
_KIND_OF_PHYSICS = {"steady": "steady", "meandering": "meandering", "turbulent": "turbulent_usual"}
_SIMULATED = (
    ("--response", "gas_response_s", "S", "Time constant of the gas analyser."),
    ("--lag", "gas_lag_s", "S", "Delay between inlet and analyser."),
    ("--clock-offset", "clock_offset_s", "S", "How far the analyser's clock is ahead."),
    ("--mast", "mast_height_m", "M", "Log the wind of a mast of this height, not the aircraft's."),
    ("--wind-gain", "wind_speed_gain", "FACTOR", "Factor on the logged wind speed."),
    ("--obukhov-length", "obukhov_length_m", "M", "Stability of turbulent air; negative is unstable."),
)
"""Option of `simulate`, setting of the scenario, unit, help."""

_TEST_FLIGHTS = 10
"""Flights a newly trained classifier is scored on; their seed is not that of the training."""


_ELSEWHERE = {
    "serve": ("gasflux.cli.service", "serve_command", "Run the web service until it is stopped (Ctrl-C, SIGTERM)."),
    "create-key": ("gasflux.cli.service", "create_key_command", "Make an API key and print it, this once."),
    "combine": ("gasflux.cli.combine", "combine_command", "Take several flights of one source together."),
    "backup": ("gasflux.cli.backup", "backup", "Copy everything the service keeps into one file."),
    "restore": ("gasflux.cli.backup", "restore", "Put a backup into empty data folders."),
}
"""Commands whose modules are imported when they are called: name -> module, attribute, line of the help."""


class _Commands(click.Group):
    """Commands, some of them of modules that are not imported before they are needed."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*super().list_commands(context), *_ELSEWHERE])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _ELSEWHERE:
            return super().get_command(context, name)
        module, attribute, _ = _ELSEWHERE[name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, command.get_short_help_str(100)) for name, command in self.commands.items()]
        rows += [(name, line) for name, (_, _, line) in _ELSEWHERE.items()]
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gasflux")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """From the log of a drone or aircraft to an emission rate in kg/h."""
    context.obj = debug


def _scheduler(context: click.Context, option: click.Parameter, address: str | None) -> str | None:
    """Refuse what is no address of a scheduler before anybody waits for an answer from there."""
    from gasflux.config_reader import is_scheduler

    if address is not None and not is_scheduler(address):
        raise click.BadParameter(f"{address!r} is not an address such as tcp://host:8786 or tls://host:8786.")
    return address


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=_LOGS, metavar="PATH...")
@click.option("--config", type=_FILE, help="Processing YAML (see generate-config).")
@click.option("--output", type=_NEW_FOLDER, metavar="DIR", help="Folder of the results; else the YAML's output_dir.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Files processed side by side.")
@click.option(
    "--dask",
    "scheduler",
    metavar="ADDRESS",
    callback=_scheduler,
    help="Process on the cluster of this scheduler: tcp://host:8786.",
)
@click.option("--one-flight", is_flag=True, help="The files hold one flight together: gas, wind, positions.")
@click.option("--no-figures", is_flag=True, help="Draw no figures; the report then holds figures in numbers only.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line per file, as it ends, instead of a table.")
@click.pass_obj
def process(
    debug: bool,
    paths: tuple[Path, ...],
    config: Path | None,
    output: Path | None,
    jobs: int,
    scheduler: str | None,
    one_flight: bool,
    no_figures: bool,
    as_json: bool,
) -> None:
    """Process flight logs: files, or folders searched for .xlsx, .xls, .csv and .csv.gz.

    With --one-flight the files are what several instruments wrote of one flight.

    Exit code: 0 when all succeeded, 1 when a file failed or the YAML is wrong (one line each says why), 2 for wrong
    usage.
    """
    from gasflux.cli.run_flights import BatchOptions

    settings = load_pipeline_config(config)
    logs, missing = _find_all(paths)
    output_root = output or Path(settings.output_dir).expanduser()
    if one_flight and scheduler is not None:
        raise click.UsageError("--one-flight is processed here, not on a cluster: leave --dask out.")
    planned = plan_one_flight(logs, output_root, missing) if one_flight else plan_jobs(logs, output_root)
    for path, error in missing:
        _report_failure(path, error, as_json)
    results, earlier = [], [flight_of(job.output_dir) for job in planned]
    with _progress_bar(planned) as on_progress:
        options = BatchOptions(settings, not no_figures, debug, 0 if no_figures else _drawing_processes())
        for result in _results(planned, options, jobs, scheduler, on_progress):
            results.append(result)
            if not as_json:
                _tell_progress(result, len(results), len(planned))
            elif result.output_vars is not None:
                click.echo(json.dumps(result.output_vars, ensure_ascii=False, allow_nan=False))
    failed = [result for result in results if result.error is not None]
    if not as_json:
        _print_table(results)
    for result in results:
        _tell_replaced(result, earlier[result.index])
    for result in failed:
        _report_failure(result.job.input_path, str(result.error), as_json)
    if failed or missing:
        sys.exit(EXIT_FAILED)


def _drawing_processes() -> int:
    """Return how many processes draw beside this one; they are loaded for figures alone."""
    from gasflux.jobs.drawing import drawing_processes_here

    return drawing_processes_here()


def _results(
    planned: Sequence[Job], options: BatchOptions, jobs: int, scheduler: str | None, on_progress: BatchProgress
) -> Iterator[FlightLine]:
    """Run the jobs here, or on a cluster, which decides itself how many run side by side."""
    from gasflux.cli.run_flights import run_jobs, run_on_cluster

    if scheduler is None:
        return run_jobs(planned, options, jobs, on_progress)
    return run_on_cluster(planned, options, scheduler, on_progress)


def _find_all(paths: Sequence[Path]) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return the logs that the paths stand for, and the paths that stand for none with the reason."""
    logs: list[Path] = []
    missing: list[tuple[Path, str]] = []
    for path in paths:
        unreadable: list[InputError] = []
        try:
            logs += find_logs(path, unreadable.append)
        except InputError as error:
            unreadable = unreadable or [error]
        missing += [(path, describe(error)) for error in unreadable]
    return logs, missing


def _report_failure(path: Path, error: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"input": str(path), "error": error}, ensure_ascii=False))
    else:
        click.echo(f"failed: {error if path.name in error else f'{path.name}: {error}'}", err=True)


def _is_watched() -> bool:
    """Whether somebody looks at stderr, which a program without a console does not have."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def _progress_bar(jobs: Sequence[Job]) -> Iterator[BatchProgress]:
    """Show how far all jobs are together, on a terminal only."""
    if not jobs or not _is_watched():
        yield lambda index, stage, percent: None
        return
    done = [0.0] * len(jobs)
    with click.progressbar(length=100 * len(jobs), file=sys.stderr, item_show_func=lambda item: item or "") as bar:

        def advance(index: int, stage: str, percent: float) -> None:
            done[index] = percent
            bar.update(int(sum(done)) - bar.pos, f"{jobs[index].input_path.name}: {stage}")

        yield advance


def _tell_progress(result: FlightLine, done: int, count: int) -> None:
    """Say that one file of many has ended, where there is no progress bar: in a log of a batch."""
    if count > 1 and not _is_watched():
        outcome = "failed" if result.error else "done"
        click.echo(f"{done} of {count}: {result.job.input_path.name} {outcome}", err=True)


def _tell_replaced(result: FlightLine, earlier: tuple[str, str] | None) -> None:
    """Say so when the results of another flight had the same folder; stdout is left to the results."""
    if earlier is None or result.output_vars is None:
        return
    name, sha256 = earlier
    own = result.output_vars["input"]["sha256"]
    if sha256 != own:
        click.echo(
            f"note: {result.job.output_dir} held the results of another flight, {name} (SHA-256 {sha256[:12]}); those "
            f"of {result.job.input_path} (SHA-256 {own[:12]}) replaced them; another --output keeps both.",
            err=True,
        )


def _print_table(results: Sequence[FlightLine]) -> None:
    """Print the rates of the files that succeeded, in the order they were given, and where their reports are."""
    finished = sorted((result for result in results if result.output_vars), key=lambda result: result.index)
    rows = [row for result in finished for row in flux_rows(result.job.input_path.name, result.output_vars or {})]
    if not rows:
        return
    click.echo(format_table(FLUX_HEADER, rows))
    for result in finished:
        click.echo(f"report: {result.job.output_dir / 'report.html'}")


_EXAMPLE = """A configuration need hold only what differs from the defaults. A whole my.yaml, for `gasflux process
flight.xlsx --config my.yaml`:

\b
  gases: {ch4: [1.5, 500]}      # ppm; other gases of the file are left out
  columns: {windspeed: WS_2}    # where the recognition should be overruled
  ground: {height: -1.5}        # m; the ground lies lower than the take-off
  filters: {exclude: [["2026-04-13T09:30:00", "2026-04-13T09:32:00"]]}
  language: zh
"""


@cli.command(epilog=_EXAMPLE)
@click.argument("folder", default=".", type=_NEW_FOLDER, metavar="[DIR]")
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def generate_config(folder: Path, force: bool) -> None:
    """Write gasflux_config.yaml, every setting with its default and meaning, into DIR."""
    target = folder / "gasflux_config.yaml"
    if target.exists() and not force:
        raise ConfigError(f"{target} is there already; --force replaces it.")
    write_whole(target, default_config_text().encode())
    click.echo(target)


def _gas_rates(gases: Sequence[str], rate: float) -> dict[str, float]:
    """Gas -> rate from ``--gas ch4`` (at the common rate) and ``--gas co2=250``."""
    rates = {}
    for text in gases:
        name, _, own = text.partition("=")
        try:
            rates[name.strip().lower()] = float(own) if own else rate
        except ValueError:
            raise click.BadParameter(f"{text!r} is not NAME or NAME=KG_H.", param_hint="--gas") from None
    return rates


def _by_option(error: GasFluxError) -> str:
    """Return what is wrong with a scenario by the names of the options that say so."""
    options = {"rate_kg_h": "--rate or --gas: ", "gas": "--gas: ", "sample_hz": "--hz: "}
    options |= {setting: f"{option}: " for option, setting, _, _ in _SIMULATED}
    told = [options.get(fault.message.split(maxsplit=1)[0], "") + fault.message for fault in error.faults]
    return " ".join(told) or f"--out: {error}"


def _with_scenario_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `_SIMULATED`."""
    for option, setting, unit, text in reversed(_SIMULATED):
        command = click.option(option, setting, type=float, metavar=unit, help=text)(command)
    return command


@cli.command("simulate")
@click.option("--rate", type=float, required=True, metavar="KG_H", help="True emission rate, kg/h.")
@click.option("--out", type=_NEW_FILE, metavar="FILE", help="Log to write: .xlsx, .csv or .csv.gz.")
@click.option("--instruments", type=_NEW_FOLDER, metavar="DIR", help="Write what three instruments log instead.")
@click.option("--layout", type=click.Choice(_LAYOUTS), default="plain", show_default=True, help="Whose instruments.")
@click.option("--gas-offset", type=float, default=0.0, metavar="S", help="How far the analyser's clock is ahead there.")
@click.option("--wind-offset", type=float, default=0.0, metavar="S", help="The same of the anemometer's.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed, the same flight."
)
@click.option(
    "--physics", type=click.Choice(list(_KIND_OF_PHYSICS)), help="How the plume is made; else as the kind has it."
)
@click.option(
    "--kind", type=click.Choice(_KINDS), help="Kind of flight; else the usual one of the physics (meandering)."
)
@click.option("--hz", type=float, help="Sampling rate; else that of the kind.")
@click.option("--gas", "gases", multiple=True, default=("ch4",), metavar="NAME[=KG_H]", help="Gas; may be repeated.")
@_with_scenario_options
def simulate_command(
    rate: float,
    out: Path | None,
    instruments: Path | None,
    layout: str,
    gas_offset: float,
    wind_offset: float,
    seed: int,
    physics: str | None,
    kind: str | None,
    hz: float | None,
    gases: tuple[str, ...],
    **settings: float | None,
) -> None:
    """Write a simulated flight of known emission, and the truth beside it as FILE.truth.json.

    With --instruments DIR, what an analyser, an anemometer and a drone write of it, and the truth as DIR/truth.json.
    """
    from gasflux.simulation.files import scenario_of_kind, write_simulated
    from gasflux.simulation.several_files import InstrumentClocks, instrument_records, write_instruments
    from gasflux.simulation.simulated_flight import simulate

    if (out is None) == (instruments is None):
        raise click.UsageError("either --out FILE or --instruments DIR says where the flight goes.")

    changes: dict[str, Any] = {name: value for name, value in settings.items() if value is not None}
    if physics is not None and kind is not None:
        changes["plume"] = physics
    kind = kind or _KIND_OF_PHYSICS[physics or "meandering"]
    try:
        scenario = scenario_of_kind(kind, _gas_rates(gases, rate), seed, hz, changes)
        if out is not None:
            flight = simulate(scenario)
            truth = write_simulated(flight, out, kind)
            click.echo(f"{out}: {flight.time_s.size} rows; truth in {truth}")
        elif instruments is not None:
            records = instrument_records(scenario, InstrumentClocks(gas_offset, wind_offset))
            paths = write_instruments(records, instruments, layout, kind)
            click.echo(f"{' '.join(map(str, paths))}: truth in {instruments / 'truth.json'}")
    except (ConfigError, UnsupportedFileError) as error:
        raise click.UsageError(_by_option(error)) from None


@cli.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@click.option("--config", type=_FILE, help="Processing YAML whose columns, units and ranges apply.")
@click.option("--one-flight", is_flag=True, help="The files hold one flight together: say how they fit.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def inspect(files: tuple[Path, ...], config: Path | None, one_flight: bool, as_json: bool) -> None:
    """Show what is recognised in a log: columns, units, conversions, ranges and every fault. Nothing is processed."""
    from gasflux.inspection import inspect_log, with_surfaces

    settings = load_pipeline_config(config)
    if len(files) > 1 and not one_flight:
        raise click.UsageError("one file at a time, or --one-flight with the files of one flight.")
    if one_flight:
        from gasflux.cli.one_flight import fused_json, fused_lines
        from gasflux.reading.one_flight import inspect_one_flight

        fused = inspect_one_flight(files, settings)
        fused = replace(fused, together=with_surfaces(fused.together, settings))
        inspection = fused.together
        found, lines = fused_json(fused), fused_lines(fused)
    else:
        inspection = inspect_log(files[0], settings)
        found, lines = inspection_json(files[0].name, inspection), inspection_lines(files[0].name, inspection)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
    else:
        click.echo("\n".join(lines))
    if inspection.faults:
        sys.exit(EXIT_FAILED)


@cli.command()
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed, the same model.")
@click.option("--flights", type=click.IntRange(min=2), default=40, show_default=True, help="Flights to learn from.")
@click.option(
    "--out",
    type=_NEW_FILE,
    default=Path("phase_model.npz"),
    show_default=True,
    metavar="FILE",
    help="Where the model goes.",
)
@click.option("--install", is_flag=True, help="Put it to use as well: it replaces the one of `filters: {phase: ml}`.")
def train_phases(seed: int, flights: int, out: Path, install: bool) -> None:
    """Train the flight-phase classifier (filters: {phase: ml}) on simulated flights and score it on others.

    The model is put to use by --install; from Python, `gasflux.ml.predict_phases` takes any that `gasflux.ml.load`
    read.
    """
    from gasflux import ml

    model = ml.train(seed, flights)
    scores = ml.evaluate(model, seed + 1, _TEST_FLIGHTS)
    click.echo(f"{ml.save(model, out)}: {scores.accuracy:.1%} of the samples of {_TEST_FLIGHTS} other flights right")
    if install:
        click.echo(f"{ml.install(model)}: `filters: {{phase: ml}}` uses it from now on")
    else:
        click.echo("`gasflux train-phases --install` puts it to use for `filters: {phase: ml}`")


def _tell_usage(error: click.ClickException) -> None:
    """Say what is wrong with a command as every other error is said, below how to use it."""
    message, context = error.format_message(), error.ctx if isinstance(error, click.UsageError) else None
    if context is not None and message.startswith(context.get_usage()):  # nothing was asked for: the help itself
        click.echo(message, err=True)
        return
    if context is not None:
        click.echo(f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n", err=True)
    click.echo(f"error: {message}", err=True)


def run_command_line(
    arguments: Sequence[str] | None = None, command: click.Command | None = None, name: str = "gasflux"
) -> NoReturn:
    """Run the command line, or one command under a name of its own: one line for what went wrong, no traceback.

    Parameters
    ----------
    arguments
        Words after the program's name; None takes those of the process.
    command
        What to run; None takes `gasflux` with all its commands.
    name
        Of the program in its help.
    """
    if getattr(sys, "frozen", False):  # a packed program is started again as its own child process
        from multiprocessing import freeze_support

        freeze_support()
    # Before numpy is loaded: the matrices are small, and threads that wait for each other cost more than they save.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    # Nearly all objects of a run are modules and arrays that stay: looking for garbage among them costs a twentieth.
    gc.set_threshold(100_000, 50, 50)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.exit((command or cli).main(given, prog_name=name, standalone_mode=False))
    except click.ClickException as error:
        _tell_usage(error)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped.", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:  # the last boundary: one line instead of a traceback, unless asked for
        if "--debug" in given:
            raise
        click.echo(f"error: {describe(error)}", err=True)
        sys.exit(EXIT_FAILED)

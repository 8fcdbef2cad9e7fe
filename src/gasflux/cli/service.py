"""Commands of the service, also behind `server_waitress.py`, `run_api.py` and `create_api_key.py`."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import click

from gasflux.config_reader import LoadedSettings, SettingsError, is_host, read_settings
from gasflux.configuration.service_settings import Settings
from gasflux.service.keys.records import AuditEntry, IssuedKey
from gasflux.service.tasks.folders import private_files
from gasflux.version import __version__

ini_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="INI",
    help="Settings to use instead of the gasflux.ini that is found.",
)
_PORT = click.option("--port", type=click.IntRange(0, 65_535), help="TCP port, 0 for a free one; else [server] port.")
_VERSION = click.version_option(__version__, prog_name="GasFlux")
_HELP = {"help_option_names": ["-h", "--help"]}


def _host(context: click.Context, option: click.Parameter, host: str | None) -> str | None:
    """Refuse what cannot be an address."""
    if host is not None and not is_host(host):
        raise click.BadParameter(f"{host!r} is not an IP address or a host name without a port.")
    return host


def _key_name(context: click.Context, option: click.Parameter, name: str) -> str:
    """Refuse a name that the service itself would not take."""
    from gasflux.api.models import MAX_NAME
    from gasflux.api.task_names import plain_name

    if len(name) > MAX_NAME:
        raise click.BadParameter(f"it has {len(name)} characters; allowed are {MAX_NAME}.")
    try:
        return plain_name(name)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None


@click.command("serve", context_settings=_HELP)
@ini_option
@click.option("--host", callback=_host, help="Address to listen on; else [server] host.")
@_PORT
@_VERSION
@private_files()
def serve_command(config: Path | None, host: str | None, port: int | None) -> None:
    """Run the web service until it is stopped (Ctrl-C, SIGTERM)."""
    from gasflux.server import waitress_server as server

    loaded = loaded_settings(config, GASFLUX_HOST=host, GASFLUX_PORT=port)
    click.get_current_context().exit(server.serve(loaded.settings, loaded.notes))


@click.command("develop", context_settings=_HELP)
@ini_option
@click.option("--host", callback=_host, default="127.0.0.1", show_default=True, help="Address to listen on.")
@_PORT
@click.option("--reload", is_flag=True, help="Start again when a source file changes.")
@_VERSION
@private_files()
def develop_command(config: Path | None, host: str, port: int | None, reload: bool) -> None:
    """Run the web service for development; [server] debug = true shows errors in the browser."""
    from gasflux.server.development import develop

    loaded = loaded_settings(config, GASFLUX_HOST=host, GASFLUX_PORT=port)
    click.get_current_context().exit(develop(loaded.settings, loaded.notes, reload))


@click.command("create-key", context_settings=_HELP)
@click.option("--name", required=True, callback=_key_name, help="Who or what will use the key.")
@click.option("--admin", is_flag=True, help="The key may also manage keys and reset statistics.")
@click.option(
    "--expires-days", type=click.IntRange(1, 36_500), metavar="N", help="Days until the key ends; else never."
)
@ini_option
@_VERSION
@private_files()
def create_key_command(name: str, admin: bool, expires_days: int | None, config: Path | None) -> None:
    """Make an API key and print it, this once. The server may be running."""
    issued = _issue(loaded_settings(config).settings, name, admin, expires_days)
    key = issued.key
    until = f", until {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else ""
    role = "administrator's key" if key.is_admin else "key"
    click.echo(f"The {role} {key.key_id} for {key.name!r}{until}; it is shown this once and kept nowhere:", err=True)
    click.echo(issued.secret)


def loaded_settings(config: Path | None, **overrides: Any) -> LoadedSettings:
    """Return the settings, given options above all; end with a line per fault when they cannot be used."""
    given = {name: str(value) for name, value in overrides.items() if value is not None}
    try:
        return read_settings(file=config, environment={**os.environ, **given})
    except SettingsError as error:
        for fault in error.faults:
            click.echo(f"error: {fault.message}", err=True)
        _fail()


def _fail() -> NoReturn:
    click.get_current_context().exit(1)


def _issue(settings: Settings, name: str, admin: bool, expires_days: int | None) -> IssuedKey:
    """Write a new key and the act of making it to the database."""
    from gasflux.service.keys.audit import AuditTrail
    from gasflux.service.keys.store import KeyStore
    from gasflux.service.tasks.opening import opened_database

    now = datetime.now(UTC)
    database = opened_database(settings)
    try:
        expires_at = now + timedelta(days=expires_days) if expires_days else None
        with database.write():  # a key whose entry cannot be kept is not made
            issued = KeyStore(database).issue(name, is_admin=admin, expires_at=expires_at)
            AuditTrail(database).record(AuditEntry(now, "command line", "create_key", issued.key.key_id, ""))
    finally:
        database.close()
    return issued

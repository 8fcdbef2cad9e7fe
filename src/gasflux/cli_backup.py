"""Commands that copy everything the service keeps into one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from gasflux.config_reader import INI_NAMES, LoadedSettings, SettingsError, read_settings
from gasflux.errors import GasFluxError

_INI = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="INI",
    help="Settings to use instead of the gasflux.ini that is found.",
)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the file if there is one.")
@_INI
def backup(file: Path, overwrite: bool, config: Path | None) -> None:
    """Copy tasks, uploads, results, keys and settings into FILE (.tar.gz), also while the server runs."""
    from gasflux.service.backup import write_backup

    loaded = _loaded(config)
    try:
        manifest = write_backup(loaded.settings, file, ini=loaded.source, overwrite=overwrite)
    except GasFluxError as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{file}: {manifest.tasks} tasks, {len(manifest.members)} files, {manifest.size_bytes:,} bytes; checked."
    )
    if manifest.redone:
        click.echo(f"{len(manifest.redone)} tasks changed meanwhile; after a restore they are processed again.")
    if manifest.gone:
        click.echo(f"{len(manifest.gone)} tasks were deleted meanwhile and are not in it.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_INI
def restore(file: Path, config: Path | None) -> None:
    """Put a backup FILE into empty data folders; the server must not be running.

    Where the current folder has no settings file, that of the backup is put there first and says where the data goes.
    """
    from gasflux.service.restoring import restore_backup, restore_settings

    ini = Path("gasflux.ini")
    try:
        here = any(Path(name).exists() for name in INI_NAMES)
        brought = config is None and not here and restore_settings(file, ini)
        try:
            done = restore_backup(file, _loaded(config).settings)
        except GasFluxError:
            if brought:
                ini.unlink()
            raise
    except GasFluxError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{done.tasks} tasks of {done.manifest.created_at} UTC are back (GasFlux {done.manifest.version}).")
    if brought:
        click.echo(f"The settings of the backup are in {ini}.")


def _loaded(config: Path | None) -> LoadedSettings:
    """Return the settings; end with a line per fault when they cannot be used."""
    try:
        return read_settings(file=config)
    except SettingsError as error:
        raise click.ClickException("\n".join(fault.message for fault in error.faults)) from None

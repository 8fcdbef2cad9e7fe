"""Commands that copy everything the service keeps into one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from gasflux.cli.service import ini_option, loaded_settings
from gasflux.config_reader import INI_NAMES
from gasflux.service.tasks.folders import private_files


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace the file if there is one.")
@ini_option
@private_files()
def backup(file: Path, overwrite: bool, config: Path | None) -> None:
    """Copy tasks, uploads, results, keys and settings into FILE (.tar.gz), also while the server runs."""
    from gasflux.service.safekeeping.backup import write_backup

    loaded = loaded_settings(config)
    manifest = write_backup(loaded.settings, file, ini=loaded.source, overwrite=overwrite)
    click.echo(
        f"{file}: {manifest.tasks} tasks, {len(manifest.members)} files, {manifest.size_bytes:,} bytes; checked."
    )
    if manifest.redone:
        click.echo(f"{len(manifest.redone)} tasks changed meanwhile; after a restore they are processed again.")
    if manifest.gone:
        click.echo(f"{len(manifest.gone)} tasks were deleted meanwhile and are not in it.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@ini_option
@private_files()
def restore(file: Path, config: Path | None) -> None:
    """Put a backup FILE into empty data folders; the server must not be running.

    Where the current folder has no settings file, that of the backup is put there first and says where the data goes.
    """
    from gasflux.service.safekeeping.restore import restore_backup, restore_settings

    ini = Path("gasflux.ini")
    here = any(Path(name).exists() for name in INI_NAMES)
    brought = config is None and not here and restore_settings(file, ini)
    done = None
    try:
        done = restore_backup(file, loaded_settings(config).settings)
    finally:
        if brought and done is None:
            ini.unlink()
    click.echo(f"{done.tasks} tasks of {done.manifest.created_at} UTC are back (GasFlux {done.manifest.version}).")
    if brought:
        click.echo(f"The settings of the backup are in {ini}.")

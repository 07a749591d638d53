"""`childindex keys`: make keys, and hand over the public ones."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pipelines.commands.group import CommandGroup, print_result
from pipelines.commands.options import FILE, JSON, KEYS, OUTPUT, SPEC

__all__ = ["keys"]


@click.group(cls=CommandGroup)
def keys() -> None:
    """Make keys, and hand over the public ones.

    A passphrase comes from CHILDINDEX_PASSPHRASE or the file that CHILDINDEX_PASSPHRASE_FILE names.
    """


FINGERPRINT = click.option("--fingerprint", help="What the owner of the key says it is; compared in full.")


def _confirm(*, as_json: bool) -> Callable[[str, str], bool] | None:
    """Ask the person at the terminal, if there is one."""
    if as_json or not sys.stdin.isatty():
        return None

    def ask(owner: str, fingerprint: str) -> bool:
        click.echo(f"This file says that it is of {owner}. Its fingerprint:\n{fingerprint}", err=True)
        return click.confirm(
            "Has the owner read this to you, by telephone or in person?", default=False, err=True
        )

    return ask


def _print_key(result: dict[str, Any], *, as_json: bool) -> None:
    print_result(result, "\n".join(f"{name}: {value}" for name, value in result.items()), as_json=as_json)


@keys.command("project")
@SPEC
@click.option("--out", type=FILE, required=True, help="Folder for the key, at one of the sources.")
@JSON
def keys_project(spec: Path, out: Path, *, as_json: bool) -> None:
    """Draw the project key that the sources share and the unit never gets.

    Example: childindex keys project --spec spec.toml --out school-keys
    """
    from pipelines.at_source import keys as job

    _print_key(job.project(spec, out), as_json=as_json)


@keys.command("source")
@click.argument("name")
@click.option("--out", type=FILE, required=True, help="Folder for the keys, at the source.")
@JSON
def keys_source(name: str, out: Path, *, as_json: bool) -> None:
    """Draw the keys with which source NAME signs its packages; prints the fingerprint to compare.

    Example: childindex keys source school --out school-keys
    """
    from pipelines.at_source import keys as job

    _print_key(job.source(name, out), as_json=as_json)


@keys.command("unit")
@click.option("--out", type=FILE, required=True, help="Folder for the keys, at the linkage unit.")
@JSON
def keys_unit(out: Path, *, as_json: bool) -> None:
    """Draw the linkage unit's keys; the sources get unit.pub.

    Example: childindex keys unit --out unit-keys
    """
    from pipelines.at_unit import keys as job

    _print_key(job.unit(out), as_json=as_json)


@keys.command("trust")
@click.argument("public", type=FILE)
@KEYS
@FINGERPRINT
@JSON
def keys_trust(public: Path, keys: Path, fingerprint: str | None, *, as_json: bool) -> None:
    """Trust the PUBLIC key file of a source (at the unit) or of the unit (at a source).

    Without --fingerprint you are asked at a terminal, and refused elsewhere.

    Example: childindex keys trust source-school.pub --keys unit-keys --fingerprint "3f1c 09aa ..."
    """
    from pipelines import key_trust as job

    _print_key(job.trust(public, keys, fingerprint, _confirm(as_json=as_json)), as_json=as_json)


@keys.command("send")
@click.argument("public", type=FILE)
@KEYS
@click.option("--source", required=True, help="Your own source's name.")
@click.option("--out", type=OUTPUT, required=True, help="The sealed project key to make.")
@FINGERPRINT
@JSON
def keys_send(
    public: Path, keys: Path, source: str, out: Path, fingerprint: str | None, *, as_json: bool
) -> None:
    """Seal the project key to another source, whose PUBLIC key file is given. Never through the unit.

    Example: childindex keys send source-gp.pub --keys school-keys --source school --out for-gp.sealed
    --fingerprint "81d0 ..."
    """
    from pipelines.at_source import keys as job

    ask = _confirm(as_json=as_json)
    _print_key(job.send(public, keys, source, out, fingerprint, ask), as_json=as_json)


@keys.command("receive")
@click.argument("sealed", type=FILE)
@KEYS
@click.option("--source", required=True, help="Your own source's name.")
@click.option("--sender", type=FILE, required=True, help="Public key file of the source that sent it.")
@FINGERPRINT
@JSON
def keys_receive(
    sealed: Path, keys: Path, source: str, sender: Path, fingerprint: str | None, *, as_json: bool
) -> None:
    """Open a SEALED project key that another source sent; the fingerprint is the sender's.

    Example: childindex keys receive for-gp.sealed --keys gp-keys --source gp --sender source-school.pub
    --fingerprint "3f1c ..."
    """
    from pipelines.at_source import keys as job

    ask = _confirm(as_json=as_json)
    _print_key(job.receive(sealed, keys, source, sender, fingerprint, ask), as_json=as_json)


@keys.command("list")
@KEYS
@JSON
def keys_list(keys: Path, *, as_json: bool) -> None:
    """List what lies in a folder of keys: owners, epochs, fingerprints; never a secret.

    Example: childindex keys list --keys school-keys
    """
    from pipelines.at_source import key_epochs as job

    found = job.listed(keys)
    print_result(found, job.listed_text(found), as_json=as_json)


@keys.command("show")
@click.argument("file", type=FILE)
@click.option(
    "--signer", type=FILE, help="Public key file of the source that signed a record of destruction."
)
@click.option(
    "--fingerprint", "only_fingerprint", is_flag=True, help="Print the fingerprint and nothing else."
)
@JSON
def keys_show(file: Path, signer: Path | None, *, only_fingerprint: bool, as_json: bool) -> None:
    """Show whose FILE is and its fingerprint, to read aloud; never a secret.

    Example: childindex keys show school-keys/source-school.pub
    """
    from pipelines.at_source import key_epochs as job

    shown = job.show(file, signer)
    if only_fingerprint:
        click.echo(shown.get("fingerprint", ""))
        return
    _print_key(shown, as_json=as_json)


@keys.command("rotate")
@KEYS
@JSON
def keys_rotate(keys: Path, *, as_json: bool) -> None:
    """Draw the project key of the next epoch, at one source; the present key stays until it is destroyed.

    Records of two epochs cannot be compared: every source encodes again, into a new index.

    Example: childindex keys rotate --keys school-keys
    """
    from pipelines.at_source import key_epochs as job

    _print_key(job.rotate(keys), as_json=as_json)


@keys.command("destroy")
@KEYS
@click.option("--epoch", type=click.IntRange(1), required=True, help="The epoch whose project key is to go.")
@click.option("--source", required=True, help="Your own source's name; its key signs the record.")
@click.option("--yes", is_flag=True, help="Destroy it; without this it is only told what would happen.")
@JSON
def keys_destroy(keys: Path, epoch: int, source: str, *, yes: bool, as_json: bool) -> None:
    """Overwrite and remove the project key of an epoch, and leave a signed record of it.

    Example: childindex keys destroy --keys school-keys --epoch 1 --source school --yes
    """
    from pipelines.at_source import key_epochs as job

    _print_key(job.destroy(keys, epoch, source, confirmed=yes), as_json=as_json)

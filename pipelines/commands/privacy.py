"""What a privacy officer or a researcher runs: attacks on an encoding, and the gate before a package leaves."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linkage.exchange.errors import InputRefused
from pipelines.commands.group import print_result
from pipelines.commands.options import FILE, JSON, OUTPUT, QUIET, SPEC, only_with
from pipelines.commands.terminal import terminal_progress

if TYPE_CHECKING:
    from linkage.exchange.following import ChainHead

__all__ = ["attack", "verify"]


@click.command()
@click.argument("feed", type=FILE)
@click.option("--source", required=True, help="The feed's source, as the specification names it.")
@SPEC
@click.option(
    "--knows",
    "levels",
    type=click.Choice(["nobody", "few", "many", "tenth"]),
    multiple=True,
    help="Levels of attackers, all if not given: who holds a list and knows nobody in the file, knows 20 people,"
    " 100 to 1,000, or a tenth of the feed.",
)
@click.option(
    "--people", type=click.IntRange(100, 10_000), default=2_000, show_default=True, help="People in a graph."
)
@click.option("--network/--no-network", default=True, show_default=True, help="Train a network too.")
@click.option("--seed", type=int, help="Of the draws, so that a run can be repeated.")
@click.option("--report", type=OUTPUT, help="Write the outcome as one page (.html) that needs nothing else.")
@JSON
@QUIET
def attack(feed: Path, source: str, spec: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """Attack an encoding of FEED as an adversary would: any specification, no key needed, nothing leaves.

    Example: childindex attack school.csv --source school --spec spec.toml --knows few --report attack.html
    """
    from pipelines.at_source import attack as job
    from pipelines.at_source.attack_page import attack_page
    from pipelines.outputs import check_places
    from pipelines.report import write_page

    check_places(options["report"])
    plan = job.plan_of(options["levels"], people=options["people"], network=options["network"])
    request = job.AttackJob(feed, source, spec, plan, *([] if options["seed"] is None else [options["seed"]]))
    result = job.run(request, terminal_progress(quiet=quiet))
    if options["report"]:
        write_page(options["report"], attack_page(result, source=source, specification=spec.name))
    print_result(result.to_json(), result.text(), as_json=as_json)


@click.command()
@click.argument("package", type=FILE)
@click.option(
    "--spec", type=FILE, help="Specification file; without it only what an outsider sees is checked."
)
@click.option(
    "--keys",
    type=FILE,
    envvar="CHILDINDEX_KEYS",
    show_envvar=True,
    help="Folder of key files: the unit's, or with --plaintext the source's.",
)
@click.option("--plaintext", type=FILE, metavar="FEED", help="At the source: the feed that was encoded.")
@click.option("--source", help="The source, where the folder holds the keys of several.")
@click.option(
    "--index", type=FILE, help="At the unit: the index of which the package has to be the next of its source."
)
@click.option(
    "--sample",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    help="Records that are encoded again and compared bit for bit.",
)
@click.option("--report", type=OUTPUT, help="Write the report as one page (.html) that needs nothing else.")
@click.option("--certificate", type=OUTPUT, help="Write the report signed by the source's key (.json).")
@click.option(
    "--of", "certified", type=FILE, help="If PACKAGE is a certificate: the package it should be about."
)
@JSON
@QUIET
def verify(package: Path, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """The privacy gate: check what is in PACKAGE, scan it, attack it, and pass or refuse it (exit status 3).

    Given a certificate instead of a package, check its signature.

    Example: childindex verify out/gp.cip --spec spec.toml --keys gp-keys --plaintext gp.csv --report gate.html
    """
    from encoders.gate.certificate import is_certificate
    from pipelines.at_source import verify as job
    from pipelines.at_source.certified import write_certificate, write_page
    from pipelines.at_source.verify_text import report_text
    from pipelines.outputs import check_places

    if not package.exists():
        raise InputRefused(f"{package}: there is no such file; name a package, or a certificate")
    if is_certificate(package):
        idle = {
            name: options[name] for name in ("spec", "plaintext", "source", "index", "report", "certificate")
        }
        only_with("a package (this is a certificate)", is_given=False, **idle)
        _show_certificate(package, options["keys"], options["certified"], as_json=as_json)
        return
    only_with("a certificate (this is a package)", is_given=False, of=options["certified"])
    only_with("--plaintext", is_given=bool(options["plaintext"]), source=options["source"])
    if options["plaintext"] and not (options["spec"] and options["keys"]):
        raise click.UsageError("--plaintext is read at the source: give --spec and --keys too.")
    if options["keys"] and not options["spec"]:
        raise click.UsageError("--keys opens the package, which is then held against --spec: give it too.")
    if options["index"] and (options["plaintext"] or not options["keys"]):
        raise click.UsageError("--index is read at the unit: give it with --spec and the unit's --keys only.")
    check_places(options["report"], options["certificate"])
    request = job.VerifyJob(
        package,
        options["spec"],
        options["keys"],
        options["plaintext"],
        options["source"],
        options["sample"],
        chains=_chains(options["index"]),
    )
    result = job.run(request, terminal_progress(quiet=quiet))
    signer = ""
    if options["certificate"]:
        signer = write_certificate(options["certificate"], result, request)
    if options["report"]:
        write_page(options["report"], result, signer=signer)
    print_result(result.to_json(), report_text(result), as_json=as_json)
    if result.refusals:
        click.get_current_context().exit(InputRefused.exit_status)


def _chains(index: Path | None) -> Mapping[str, "ChainHead"] | None:
    if index is None:
        return None
    from pipelines.at_unit.chains import chain_heads

    return chain_heads(index)


def _show_certificate(path: Path, keys: Path | None, package: Path | None, *, as_json: bool) -> None:
    from pipelines.at_source import verify as job
    from pipelines.at_source.verify_text import certificate_text

    if keys is None:
        raise click.UsageError("A certificate is checked with the public key of its source: give --keys.")
    certificate = job.check_certificate(path, keys, package)
    print_result(vars(certificate), certificate_text(certificate), as_json=as_json)
    if certificate.verdict == "refuse":
        click.get_current_context().exit(InputRefused.exit_status)

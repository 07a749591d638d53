"""Where a source's chain goes on from: a package that it sent, where its own record of the chain is lost or ahead."""

from pathlib import Path

from encoders.chain import Chain
from encoders.keys.source_keys import SourceKeys
from linkage.exchange.expectation import Expectation
from linkage.exchange.package_reader import open_package
from linkage.exchange.specification import Specification

__all__ = ["chain_after"]


def chain_after(package: Path, specification: Specification, signer: SourceKeys) -> Chain:
    """The chain as it stood when a source had sealed a package, which it opens by its own copy.

    The unit takes a package that names the last one loaded. A source that lost ``chain-SOURCE.json``, or whose last
    package the unit refused, goes on from the last one that was loaded.

    Raises
    ------
    PackageRefused
        If it does not check, is not the source's own, or takes no place in the chain.
    """
    expected = Expectation(
        project=specification.project,
        specification=specification.fingerprint,
        schema=specification.record_schema,
        source=signer.name,
    )
    with open_package(package, signer.envelope_key, {signer.name: signer.public}, expected) as opened:
        return Chain(opened.manifest.sequence, opened.digest)

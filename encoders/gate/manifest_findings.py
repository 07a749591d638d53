"""What the signed manifest of an opened package says, and where it stands in its source's chain."""

from collections.abc import Iterator

from encoders.chain import Chain
from encoders.gate.findings import Finding, Verdict
from linkage.exchange.following import ChainHead, misplaced
from linkage.exchange.manifest import Manifest
from linkage.exchange.plurals import counted

__all__ = ["chain_finding", "index_chain_finding", "manifest_findings"]


def manifest_findings(manifest: Manifest) -> Iterator[Finding]:
    """What was shown by opening the package: every one of these checks refuses to open it otherwise.

    Parameters
    ----------
    manifest
        Of a package that was opened.
    """
    words = sum(n_words for _, n_words in manifest.columns)
    shown = {
        "signature": f"the manifest is signed by source {manifest.source!r}",
        "chunks": f"all {counted(manifest.rows, 'row')} arrived as they were sealed, none missing, none behind",
        "columns": f"{counted(len(manifest.columns), 'column')} of {counted(words, 'word')} in all,"
        " exactly those of the specification",
        "specification": f"made under the specification {manifest.specification}",
        "recipient": f"opens for the unit's key {manifest.recipient}"
        + (f" and the source's own {manifest.sender_copy}" if manifest.sender_copy else ""),
        "row order": "rows ascend by record id, each id once",
    }
    for check, text in shown.items():
        yield Finding(check, "manifest", None, None, Verdict.PASS, text)


def chain_finding(manifest: Manifest, digest: str | None, chain: Chain) -> Finding:
    """Where a package stands in the chain that its source keeps.

    Parameters
    ----------
    manifest, digest
        Of the package; no digest for one that is not sealed for good yet.
    chain
        The package sealed last, as noted beside the keys.
    """

    def finding(verdict: Verdict, text: str) -> Finding:
        return Finding("chain", "manifest", float(manifest.sequence), None, verdict, text)

    if digest is not None and (manifest.sequence, digest) == (chain.sequence, chain.digest):
        return finding(Verdict.PASS, f"package {manifest.sequence}, the last that this source sealed")
    if digest is None and (manifest.sequence, manifest.previous) == (chain.sequence + 1, chain.digest):
        return finding(Verdict.PASS, f"package {manifest.sequence}, the next of this source")
    if manifest.sequence < chain.sequence:
        return finding(
            Verdict.WARN,
            f"package {manifest.sequence}, but package {chain.sequence} was sealed since; send the newest",
        )
    return finding(
        Verdict.WARN,
        f"package {manifest.sequence} is not the one noted beside the keys ({chain.sequence}): if it was made with"
        " another copy of the keys, go on with that copy alone; if not, send the package that `childindex encode` made"
        " last",
    )


def index_chain_finding(manifest: Manifest, digest: str, head: ChainHead | None) -> Finding:
    """Whether an index would take a package as the next of its source, as ``load`` decides it.

    Parameters
    ----------
    manifest, digest
        Of the package.
    head
        The package of this source that was loaded last; None if none was.
    """
    is_held = head is not None and (manifest.sequence, digest) == (head.sequence, head.digest)
    fault = None if is_held else misplaced(head, manifest.sequence, manifest.kind, manifest.previous)
    text = f"package {manifest.sequence} of source {manifest.source!r} " + (
        f"would not be taken: {fault.reason}"
        if fault
        else "is the one that the index waits for, or holds already"
    )
    verdict = Verdict.REFUSE if fault else Verdict.PASS
    return Finding("chain", "index", float(manifest.sequence), None, verdict, text)

"""The jobs around the specification: make the default one, check one, show what it does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from encoders.filters.bloom import positions_a_token
from linkage.comparison.specified import plan_of
from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.public_keys import NAME
from linkage.exchange.specification import (
    RISKS,
    Specification,
    default_specification_text,
    named_risks,
    read_specification,
)
from pipelines.at_source.draft import drafted_source
from pipelines.at_source.drafting import drafted
from pipelines.buckets import bucket_warnings, with_buckets
from pipelines.console import table_text
from pipelines.progress import Progress, Silent

__all__ = ["check", "new", "new_text", "show", "show_text"]


PROFILES = {"reference": "children", "private": "children_private"}


def new(
    path: Path,
    profile: str = "private",
    records: int | None = None,
    feeds: Mapping[str, Path] | None = None,
    *,
    trial: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write one of the specifications that ship with the product, or one drafted from feeds.

    Parameters
    ----------
    path
        Where to.
    profile
        One of `PROFILES`.
    records
        Records of the smallest feed, from which the number of buckets of the private profile follows; a million if
        not given. Pairs grow with the square of the records and fall with the buckets: a nation wants its own number.
    feeds
        Feeds by the names of their sources; from their column names, date formats and sizes a specification is drafted.
    trial
        Attack the feeds under the private profile that is drafted, and draft one that hides more where the gate might
        refuse it.

    Raises
    ------
    SpecificationRefused
        If there is a file already, or none can be written there, or a name cannot be a source's.
    """
    _see_that_it_can_be_written(path)
    _check_names(feeds or {})
    sources = [drafted_source(name, feed) for name, feed in (feeds or {}).items()]
    smallest = min((source.n_rows for source in sources), default=None) if records is None else records
    told: list[str] = []
    if sources:
        text, told = drafted(
            sources, feeds or {}, profile, smallest or 1, trial=trial, progress=progress or Silent()
        )
    else:
        text = with_buckets(default_specification_text(PROFILES[profile]), records)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise SpecificationRefused(
            f"{path}: there is a file already; choose another name or remove it"
        ) from None
    except OSError as error:
        raise SpecificationRefused(f"{path}: cannot be written ({error.strerror})") from None
    return {
        "specification": str(path),
        "profile": profile,
        "records": smallest,
        "notes": {source.name: source.notes for source in sources},
        "tried": told,
    }


def _see_that_it_can_be_written(path: Path) -> None:
    """Before a trial takes its time.

    Raises
    ------
    SpecificationRefused
        If there is a file already, or no folder.
    """
    if path.exists():
        raise SpecificationRefused(f"{path}: there is a file already; choose another name or remove it")
    if not path.parent.is_dir():
        raise SpecificationRefused(f"{path}: cannot be written; make the folder {path.parent} first")


def _check_names(feeds: Mapping[str, Path]) -> None:
    wrong = [name for name in feeds if not NAME.fullmatch(name)]
    if wrong:
        raise SpecificationRefused(
            f"{', '.join(repr(name) for name in wrong)}: the name of a source has small letters, digits and"
            " underscores, the first a letter, such as clinic_2"
        )


def new_text(written: Mapping[str, Any]) -> str:
    """What was written, and what is to be done next."""
    path = written["specification"]
    noted = "".join(
        f"\nlook at {source}: {note}" for source, notes in written["notes"].items() for note in notes
    )
    noted += "".join(f"\n{line}" for line in written["tried"])
    if written["profile"] == "private" and written["records"] is None:
        noted += (
            "\nits buckets are for a million records and more; give the records of the smallest feed with --records,"
            " since the gate refuses smaller feeds"
        )
    return f"{path}: written; correct the columns under [sources], then run `childindex spec check {path}`{noted}"


def check(path: Path, records: int | None = None) -> dict[str, Any]:
    """Check a specification whole, the comparison plan included.

    Parameters
    ----------
    path
        The specification.
    records
        Records of the smallest feed, for which the sizes of buckets are foretold; None foretells nothing.

    Raises
    ------
    SpecificationRefused
        With every fault.
    """
    specification = read_specification(path)
    try:
        plan_of(specification)
    except ValueError as fault:
        raise SpecificationRefused(f"{path}: comparisons: {fault}") from None
    return {
        "specification": str(path),
        "project": specification.project,
        "fingerprint": specification.fingerprint,
        "warnings": bucket_warnings(specification, records) if records is not None else [],
    }


def show(path: Path) -> dict[str, Any]:
    """What a specification encodes and what risks it runs."""
    specification = read_specification(path)
    schema = specification.record_schema
    return {
        "project": specification.project,
        "epoch": specification.epoch,
        "fingerprint": specification.fingerprint,
        "bytes_a_record": 8 * schema.n_words + 18,
        "filters": _filters(specification),
        "tokens": [rule.name for rule in specification.tokens],
        "blocking_keys": [
            {"name": rule.name, "space": rule.space_name, "parts": rule.parts, "buckets": rule.buckets}
            for rule in specification.blocking_keys
        ],
        "not_encoded": _not_encoded(specification),
        "sources": {
            name: [field for field in specification.fields if rule.columns_of(field)]
            for name, rule in specification.sources.items()
        },
        "risks": {
            risk: {"applies_to": names, "meaning": RISKS[risk]}
            for risk, names in named_risks(specification).items()
        },
    }


def show_text(shown: dict[str, Any]) -> str:
    """The same for people."""
    parts = [
        "\n".join(
            [
                f"project {shown['project']}, epoch {shown['epoch']}, {shown['bytes_a_record']} bytes a record",
                f"fingerprint {shown['fingerprint']}",
            ]
        ),
        table_text(
            ["filter", "fields", "bits", "positions a token", "fill", "hardening"],
            [
                [
                    rule["name"],
                    ", ".join(rule["fields"]),
                    rule["bits"],
                    ", ".join(str(k) for k in rule["positions_a_token"]),
                    f"{rule['fill']:.2f}",
                    ", ".join(rule["hardening"]) or "none",
                ]
                for rule in shown["filters"]
            ],
        ),
        f"exact tokens: {', '.join(shown['tokens']) or 'none'}",
        table_text(
            ["blocking key", "space", "parts", "buckets"],
            [
                [key["name"], key["space"], ", ".join(key["parts"]), key["buckets"] or "none"]
                for key in shown["blocking_keys"]
            ],
        ),
        table_text(
            ["source", "fields"], [[name, ", ".join(found)] for name, found in shown["sources"].items()]
        ),
    ]
    if shown["not_encoded"]:
        parts.append(f"read and not encoded: {', '.join(shown['not_encoded'])}")
    if not shown["risks"]:
        parts.append("accepted risks: none")
    parts += [
        f"accepted risk {risk}: {told['meaning']}.\n  applies to {', '.join(told['applies_to'])}"
        for risk, told in shown["risks"].items()
    ]
    return "\n\n".join(parts)


def _not_encoded(specification: Specification) -> list[str]:
    """Fields of which nothing leaves a source: no filter, token, key or cohort has them."""
    salts = [member.salt for rule in specification.filters for member in rule.fields if member.salt]
    parts = [part for rule in specification.blocking_keys for part in rule.parts]
    used = {member.field for rule in specification.filters for member in rule.fields}
    used |= {rule.field for rule in specification.tokens} | {part.partition(":")[0] for part in parts + salts}
    if specification.cohort is not None:
        used.add(specification.cohort.field)
    return [field for field in specification.fields if field not in used]


def _filters(specification: Specification) -> list[dict[str, Any]]:
    return [
        {
            "name": rule.name,
            "fields": [member.field for member in rule.fields],
            "bits": rule.output_bits,
            "positions_a_token": positions_a_token(rule, specification.fields),
            "fill": rule.fill,
            "hardening": [step.kind for step in rule.hardening],
        }
        for rule in specification.filters
    ]

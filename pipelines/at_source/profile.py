"""The job that looks at a feed's quality, at the source: counts only, and whether blocking keys hide anybody."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encoders.profile import FeedProfile, FieldProfile, ProfiledField, profile_feed
from linkage.exchange.plurals import counted
from linkage.exchange.specification import read_specification
from pipelines.at_source.sources import source_rule
from pipelines.buckets import bucket_warnings
from pipelines.console import table_text
from pipelines.progress import Progress, Silent

__all__ = ["ProfileSummary", "run"]


USABLE = 0.8
"""Share of the values present under which a column, its format or its kind is doubted."""
MANY_VALUES, OFTEN, STANDS_OUT = 100, 0.01, 3
"""A value of a field with so many is told from this share on, where it is so many times as frequent as the next."""


@dataclass(frozen=True)
class ProfileSummary:
    """A feed's profile, and what the gate would find fault with.

    Attributes
    ----------
    profile
        Counts.
    warnings
        Fields without usable values or with one that looks like a placeholder, and blocking keys whose buckets would
        hold too few of these records.
    """

    profile: FeedProfile
    warnings: list[str]

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return self.profile.as_dict() | {"warnings": self.warnings}

    def text(self) -> str:
        """The same for people."""
        return "\n\n".join([_text(self.profile), *(f"warning: {warning}" for warning in self.warnings)])


def run(feed: Path, source: str, specification: Path, progress: Progress | None = None) -> ProfileSummary:
    """Profile a feed as its source's mapping reads it.

    Raises
    ------
    InputRefused
        If the specification or the feed cannot be read.
    """
    agreed = read_specification(specification)
    rule = source_rule(agreed, source, specification)
    fields = [
        ProfiledField(name, field.kind, rule.columns_of(name), rule.date_formats, rule.part_of(name))
        for name, field in agreed.fields.items()
        if rule.columns_of(name)
    ]
    total = feed.stat().st_size if feed.is_file() else None
    with (progress or Silent()).stage(f"profile {source}", total=total, unit="bytes") as stage:
        profile = profile_feed(
            feed,
            fields,
            encoding=rule.encoding,
            delimiter=rule.delimiter,
            record_id=rule.record_id,
            progress=stage.reach,
        )
    shares = {field.name: field.completeness for field in profile.fields}
    encoded = profile.rows - profile.rejected_rows
    return ProfileSummary(profile, [*_value_warnings(profile), *bucket_warnings(agreed, encoded, shares)])


def _value_warnings(profile: FeedProfile) -> list[str]:
    """Fields that hardly have a usable value: more often a wrong column or format than the truth."""
    found = []
    for field in profile.fields:
        where = f"{field.name} (column {', '.join(map(repr, field.columns))})"
        if not field.present:
            found.append(
                f"{where} is empty: what is encoded with it is missing in every record. Map another column, or leave"
                " the field out of the specification if no source has it"
            )
        elif field.validity < USABLE:
            rules = ", ".join(rule.partition(".")[2] for rule in {**field.invalid, **field.rejected})
            found.append(
                f"{where}: {1 - field.validity:.0%} of its values cannot be used ({rules}); {_remedy(field)}"
            )
        elif _has_one_value_too_often(field):
            found.append(
                f"{where}: {field.most_frequent_share:.1%} of its values are one and the same, which is"
                f" {field.most_frequent / max(field.second_most_frequent, 1):.0f} times as frequent as the next. If it"
                " stands for what is not known, leave these cells empty: as it is, these records agree in it"
            )
    return found


def _remedy(field: FieldProfile) -> str:
    """What helps where values cannot be used, by what most of them are."""
    unusable = {**field.invalid, **field.rejected}
    placeholders = sum(count for rule, count in unusable.items() if rule.endswith(".placeholder"))
    if 2 * placeholders > sum(unusable.values()):
        return "most stand for what is not known and count as missing: ask for the values where they are kept"
    if field.kind == "date":
        return "add the formats they have to date_formats of the source"
    return f"is it of another kind than '{field.kind}', or another column?"


def _has_one_value_too_often(field: FieldProfile) -> bool:
    """Whether a value stands out as a placeholder does that no rule knows; told of fields of many values only."""
    return (
        field.distinct >= MANY_VALUES
        and field.most_frequent_share >= OFTEN
        and field.most_frequent >= STANDS_OUT * field.second_most_frequent
    )


def _text(profile: FeedProfile) -> str:
    rows = [
        [
            field.name,
            f"{field.present / max(field.rows, 1):.1%}",
            f"{field.valid / max(field.present, 1):.1%}",
            field.distinct,
            sum(field.suspicious.values()),
            f"{field.most_frequent / max(field.present, 1):.2%}",
        ]
        for field in profile.fields
    ]
    faults = [
        [rule, count]
        for field in profile.fields
        for counts in (field.rejected, field.invalid, field.suspicious)
        for rule, count in counts.items()
    ]
    parts = [
        f"{counted(profile.rows, 'row')}, {profile.complete_rows:,} with every field{_about_ids(profile)}",
        table_text(["field", "present", "valid", "distinct", "suspicious", "most frequent value"], rows),
    ]
    if faults:
        parts.append(table_text(["rule", "values"], faults))
    return "\n\n".join(parts)


def _about_ids(profile: FeedProfile) -> str:
    ids = profile.record_id
    if ids is None:
        return ""
    repeated = f"{ids.repeated:,} repeated" if ids.exact else "too many to tell whether any is repeated"
    return f"\nrecord ids in {ids.column!r}: {ids.missing:,} missing, {repeated}"

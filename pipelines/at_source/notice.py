"""The job at a source: a signed notice that a cohort has reached the age at which it leaves the index."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from encoders.cohorts import cohort_token
from encoders.keys.project_key import Purpose, key_check
from encoders.keys.project_key_files import load_project_key
from encoders.keys.source_keys import load_source_keys
from linkage.exchange.errors import InputRefused, SpecificationRefused
from linkage.exchange.manifest import rounded_hour
from linkage.exchange.notices import ExpiryNotice, write_notice
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.specification import read_specification
from linkage.exchange.specification.people import CohortRule
from pipelines.at_source.sources import source_rule

__all__ = ["due_date", "run"]


def run(
    specification: Path,
    source: str,
    keys: Path,
    cohort: str,
    out: Path,
    *,
    later_age: bool = False,
    as_of: date | None = None,
) -> dict[str, Any]:
    """Sign a notice for a cohort; it names a keyed token, and the cohort stays at the source.

    Parameters
    ----------
    cohort
        ``2008-11`` where the specification's cohorts are months, ``2008`` where they are years.
    later_age
        For the records that are flagged for the later age too.
    as_of
        Today, unless given.

    Raises
    ------
    InputRefused
        If the specification has no cohorts, the text is none, not everybody in it has reached the age, or a key is
        missing.
    """
    agreed = read_specification(specification)
    source_rule(agreed, source, specification)
    if agreed.cohort is None:
        raise SpecificationRefused(f"{specification}: there is no [cohort], so there are no notices either")
    age = agreed.lifecycle.later_age if later_age else agreed.lifecycle.age
    due = due_date(agreed.cohort, cohort, age)
    if (as_of or datetime.now(UTC).date()) < due:
        raise InputRefused(
            f"not everybody in this cohort is {age} before {due.isoformat()}: an earlier notice would tell the unit"
            " about when they were born; make it then"
        )
    passphrase = read_passphrase()
    key = load_project_key(keys, project=agreed.project, epoch=agreed.epoch, passphrase=passphrase)
    token = cohort_token(key.derive(Purpose.COHORT, ""), cohort.replace("-", ""))
    notice = ExpiryNotice(
        project=agreed.project,
        source=source,
        cohort=f"{token:016x}",
        reached="later_age" if later_age else "age",
        key_epoch=key.epoch,
        key_check=key_check(key),
        issued=rounded_hour(datetime.now(UTC)),
    )
    write_notice(out, notice, load_source_keys(keys, source, passphrase))
    return {"notice": str(out), "source": source, "reached": notice.reached}


def due_date(rule: CohortRule, cohort: str, age: int) -> date:
    """The first day on which everybody in a cohort has reached an age.

    Raises
    ------
    InputRefused
        If the text is no cohort of the specification.
    """
    wanted, example = (
        (r"[0-9]{4}-(0[1-9]|1[0-2])", "2008-11") if rule.part == "year_month" else (r"[0-9]{4}", "2008")
    )
    if re.fullmatch(wanted, cohort) is None:
        raise InputRefused(
            f"expected a cohort such as {example}: the specification's cohorts are by {rule.part}"
        )
    year, month = int(cohort[:4]), int(cohort[5:] or 12)
    return date(year + age + month // 12, month % 12 + 1, 1)

"""What a refusal says to do: once for each kind, with the columns or spaces that it is about."""

import pytest

from encoders.gate.findings import Finding, Verdict
from encoders.gate.limits import GateLimits
from encoders.gate.report import GateReport, Subject
from pipelines.at_source.remedies import remedies
from pipelines.at_source.verify_text import refusal_text, report_text


def _report(*refused, more=()):
    findings = [Finding("records", "package", 1_325.0, None, Verdict.PASS, "1,325 records"), *more]
    findings += [
        Finding(check, target, rate, 0.05, Verdict.REFUSE, "told") for check, target, rate in refused
    ]
    return GateReport("source", Subject("a.cip", "", None), tuple(findings), (), GateLimits(), (), 1.0)


def test_too_many_buckets_are_told_once_with_every_space_and_a_number_that_fits():
    report = _report(("k of blocking keys", "block.a", 1.0), ("k of blocking keys", "blocking space b", 2.0))
    buckets, *rest = remedies(report.findings)
    assert "(block.a, blocking space b)" in buckets
    assert "`childindex spec new SPEC --records 1325`" in buckets
    assert "'buckets' of these keys to 32" in buckets
    assert len(rest) == 1
    assert refusal_text(report).count("spec new") == 1


def test_a_feed_too_small_for_any_bucket_is_not_told_to_have_fewer():
    finding = Finding("records", "package", 2.0, None, Verdict.PASS, "2 records")
    refused = Finding("k of blocking keys", "block.a", 2.0, 5.0, Verdict.REFUSE, "told")
    told, *_ = remedies([finding, refused])
    assert "too small for more than one bucket of a key (block.a)" in told
    assert "leave the keys out" in told
    assert "--records 2" not in told


@pytest.mark.parametrize(
    ("check", "limit", "way"),
    [
        ("known pairs, every column", "'known_pairs' (this package has 8.0%)", "--feed SOURCE=FEED"),
        ("graph matching", "'graph_matching' (this package has 8.0%)", "`inputs`"),
        ("frequency alignment", "'frequency' (this package has 8.0%)", "--profile private"),
        ("component sizes", "'components' (this package has 8.0%)", "more values"),
    ],
)
def test_an_attack_has_a_way_out_and_the_limit_that_it_is_over(check, limit, way):
    told = remedies(_report((check, "all columns", 0.08), (check, "all filters", 0.06)).findings)
    assert way in told[0]
    assert "(all columns, all filters)" in told[0]
    assert limit in told[1]
    assert told[-1].startswith("After that agree on the new specification")


def test_cohort_tokens_are_named_where_there_are_any():
    cohort = Finding("frequency alignment", "cohort.birth_date", 0.99, None, Verdict.WARN, "told")
    refused = ("known pairs, every column", "all columns", 0.08)
    assert "[cohort]" not in " ".join(remedies(_report(refused).findings))
    assert "[cohort]" in " ".join(remedies(_report(refused, more=[cohort]).findings))


def test_what_no_specification_mends_has_no_remedy_of_its_kind():
    assert remedies(_report(("leak scan", "rows", None)).findings) == []
    assert "profile FEED" in remedies(_report(("crowded codes", "filter.a", 0.02)).findings)[0]
    assert "12 `inputs`" in remedies(_report(("entropy of bits", "filter.a", 0.02)).findings)[0]


def test_figures_are_written_as_people_write_them():
    values = (3_261_610.0, 12.0, 0.0, 0.05612345, 0.00001, 2_933.5)
    more = [Finding("check", f"of {value}", value, None, Verdict.PASS, "") for value in values]
    told = report_text(_report(more=more)).splitlines()
    written = [line.split()[-2] for line in told if line.startswith("check  ") and " of " in line]
    assert written == ["3,261,610", "12", "0", "0.0561", "<0.0001", "2,934"]

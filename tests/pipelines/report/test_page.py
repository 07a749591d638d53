"""The page that all reports share: escaped, self-contained, and closed by its own policy."""

import base64
import hashlib
import re

import altair as alt
import pandas as pd
import pytest

from pipelines.report import Chart, page, write_page

SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def one_chart(values=(1, 2, 3)):
    frame = pd.DataFrame({"x": range(len(values)), "y": values})
    return Chart("some-chart", "Y grows", alt.Chart(frame).mark_line().encode(x="x:Q", y="y:Q"))


def test_what_is_printed_is_escaped():
    text = page("base.html.j2", title="<img src=x onerror=alert(1)>")
    assert "<img" not in text
    assert "&lt;img" in text


def test_data_cannot_end_its_script():
    text = page("base.html.j2", title="t", data={"name": "</script><script>alert(1)</script><!--"})
    assert "alert(1)</script>" not in text
    assert "\\u003c/script\\u003e" in text


def test_the_policy_allows_the_scripts_of_the_page_and_no_connection():
    text = page("base.html.j2", title="t", charts=[one_chart()])
    scripts = SCRIPT.findall(text)
    assert len(scripts) == 2
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'")
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_a_page_loads_nothing():
    text = SCRIPT.sub("", page("base.html.j2", title="t", charts=[one_chart()]))
    assert not re.search(r"<(?:link|img|iframe|script)[^>]+(?:src|href)=", text)
    assert "url(" not in text
    assert "@import" not in text


def test_only_a_page_with_charts_carries_the_bundle():
    assert len(page("base.html.j2", title="t")) < 20_000
    assert 500_000 < len(page("base.html.j2", title="t", charts=[one_chart()])) < 2_000_000


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        page("base.html.j2", title="t", data={"value": float("nan")})


def test_writing_leaves_no_partial_file(tmp_path):
    write_page(tmp_path / "page.html", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]

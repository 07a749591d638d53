"""What the inbox had and was refused: moved with the reason beside it, and of a link nothing but the reason."""

from pipelines.at_unit.nights.inbox import put_aside


def test_nothing_is_copied_that_a_refused_link_leads_to(tmp_path):
    key = tmp_path / "unit.key"
    key.write_text("a key")
    link_to = tmp_path / "school.cip"
    link_to.symlink_to(key)
    put_aside(tmp_path / "index", link_to, "it is not a package")
    assert not link_to.is_symlink()
    assert key.read_text() == "a key"
    kept = [path for path in (tmp_path / "index").rglob("*") if path.is_file()]
    assert [path.read_text() for path in kept] == ["it is not a package\n"]


def test_a_refused_file_is_moved(tmp_path):
    refused = tmp_path / "school.cip"
    refused.write_text("not a package")
    target = put_aside(tmp_path / "index", refused, "it is not a package")
    assert (target.read_text(), refused.exists()) == ("not a package", False)

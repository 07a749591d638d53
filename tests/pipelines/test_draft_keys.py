"""The keys of a draft: which pairs they find in dirty feeds, and that no value shows in their buckets."""

from itertools import combinations

import numpy as np
import pytest

from linkage.exchange.specification import parse_specification, read_specification
from pipelines.at_source.draft import drafted_source, fields_of
from pipelines.at_source.draft_keys import drafted_keys, key_text
from pipelines.at_source.value_sizes import ValueSizes

HEADER = "id,forename,surname,middle_name,birth_date,postcode,address"
FIELDS = ("forename", "surname", "middle_name", "birth_date", "postcode", "address")
SIZE = 3_000


def _word(rng, n_syllables):
    return "".join(
        "".join(rng.choice(list(part)) for part in ("bcdfglmnprst", "aeiou")) for _ in range(n_syllables)
    )


def _feed(path, *, without=(), missing=0.0, forenames=SIZE, surnames=SIZE):
    rng = np.random.default_rng(4)
    known = [[_word(rng, 3) for _ in range(number)] for number in (forenames, surnames)]
    rows = [HEADER]
    for number in range(SIZE):
        values = {
            "forename": known[0][rng.integers(forenames)],
            "surname": known[1][rng.integers(surnames)],
            "middle_name": _word(rng, 2),
            "birth_date": f"20{rng.integers(10, 20)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}",
            "postcode": f"{_word(rng, 1).upper()}{rng.integers(1, 99)} {rng.integers(1, 10)}AB",
            "address": f"{rng.integers(1, 200)} {_word(rng, 4)} road",
        }
        gone = {name for name in FIELDS if name in without or rng.random() < missing}
        rows.append(",".join([str(number), *("" if name in gone else values[name] for name in FIELDS)]))
    path.write_text("\n".join(rows))
    return path


@pytest.fixture
def drafted(tmp_path):
    def draft(smallest=SIZE, **feeds):
        paths = {name: _feed(tmp_path / f"{name}.csv", **made) for name, made in feeds.items()}
        sources = [drafted_source(name, path) for name, path in paths.items()]
        return drafted_keys(sources, paths, fields_of(sources), smallest)

    return draft


def _names(keys):
    return [key.name for key in keys]


def _fields(keys):
    return {frozenset(part.partition(":")[0] for part in key.parts) for key in keys}


FOUR = ("forename", "surname", "birth_date", "postcode")
LACKING = {"missing": 0.06}


def test_in_feeds_that_lack_much_each_two_of_names_birth_date_and_place_make_a_key(drafted):
    keys = drafted(a=LACKING, b={})
    assert {frozenset(pair) for pair in combinations(FOUR, 2)} <= _fields(keys)
    (names,) = (key for key in keys if key.name == "names")
    assert names.any_order


def test_in_others_none_tells_where_a_family_lives(drafted):
    assert {frozenset(pair) for pair in combinations(FOUR, 2)} - _fields(drafted(a={}, b={})) == {
        frozenset(("surname", "postcode"))
    }


def test_where_names_would_show_they_stand_with_a_part_of_the_birth_date(drafted):
    usual, common = {"forenames": 40, "surnames": 40}, {"forenames": 2, "surnames": 3}
    assert "names" in _names(drafted(a={}, b=usual))
    found = _names(drafted(a={}, b=common))
    assert {"names_year", "names_month_day"} <= set(found)
    assert "names" not in found


def test_a_part_of_the_postcode_that_few_people_share_is_enough(drafted):
    keys = {key.name: key for key in drafted(a=LACKING, b={})}
    assert keys["surname_postcode"].parts[1] == "postcode:outward"
    # In a feed of a thousand times the records the same few areas would be in every surname's way.
    keys = {key.name: key for key in drafted(1_000 * SIZE, a=LACKING, b={})}
    assert keys["surname_postcode"].parts[1] == "postcode:whole"


def test_feeds_that_lack_much_have_a_key_of_the_address(drafted):
    assert "address" not in "".join(_names(drafted(a={}, b={})))
    assert any("address" in name for name in _names(drafted(a=LACKING, b={})))


def test_a_middle_name_stands_in_for_a_place_that_a_source_has_not(drafted):
    found = _names(drafted(a={}, b={}, c={"without": ("postcode", "address")}))
    assert {"surname_middle", "birth_middle"} <= set(found)


def test_a_feed_without_birth_dates_meets_others_by_both_names(drafted):
    assert "names" in _names(drafted(a={}, b={}, c={"without": ("birth_date",)}))


def test_what_is_drafted_can_be_read_again(drafted):
    keys = drafted(a={}, b={})
    head = "format = 1\nproject = 'x'\n[fields]\n" + "\n".join(
        f'{name} = {{ kind = "{kind}" }}'
        for name, kind in (
            ("forename", "name"),
            ("surname", "name"),
            ("birth_date", "date"),
            ("postcode", "postcode"),
        )
    )
    risks = '[privacy]\naccepted_risks = ["attribute_level", "undiffused"]'
    text = "\n\n".join([head, *map(key_text, keys), risks])
    assert parse_specification(text, origin="").blocking_keys == keys


def test_keys_without_an_order_keep_the_fingerprint(run_command, tmp_path):
    run_command("spec", "new", tmp_path / "spec.toml")
    shipped = read_specification(tmp_path / "spec.toml")
    (key, *others) = shipped.blocking_keys
    changed = shipped.model_copy(
        update={"blocking_keys": [key.model_copy(update={"any_order": True}), *others]}
    )
    assert "any_order" not in (tmp_path / "spec.toml").read_text()
    assert changed.fingerprint != shipped.fingerprint


def _sizes(*sizes):
    words = np.random.default_rng(1).integers(0, 2**63, len(sizes), dtype=np.uint64)
    return ValueSizes(np.array(sizes, np.float64), words)


def test_values_that_are_rare_hide_and_a_common_one_does_not():
    everybody = [1.0] * 40_000
    assert _sizes(*everybody).hidden_in(1_024)
    # One of a hundred records has it: a bucket of forty holds it like a lighthouse.
    assert not _sizes(*everybody, 500.0).hidden_in(1_024)
    # The same share in so few buckets is chance.
    assert _sizes(*everybody, 20.0).hidden_in(1_024)


def test_values_that_families_share_hide_and_those_of_many_do_not():
    assert _sizes(*[2.0] * 20_000).hidden_in(256)
    assert not _sizes(*[12.0] * 4_000).hidden_in(64)


def test_a_bucket_that_may_be_small_hides_nobody():
    assert not _sizes(*[1.0] * 4_000).hidden_in(1_024)


def test_without_a_value_nothing_shows():
    assert ValueSizes(np.empty(0), np.empty(0, np.uint64)).hidden_in(64)


def test_some_of_the_values_tell_what_all_do():
    whole = _sizes(*[1.0] * 40_000, *[3.0] * 100)
    chosen = whole.words % np.uint64(4) == 0
    part = ValueSizes(whole.sizes[chosen], whole.words[chosen] // np.uint64(4), 4)
    assert part.hidden_in(512) == whole.hidden_in(512) is True
    assert part.hidden_in(8_192) == whole.hidden_in(8_192) is False

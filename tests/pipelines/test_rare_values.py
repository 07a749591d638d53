"""Agreement on rare values weighs more, unless the specification says that values are not to be counted."""

import dataclasses
import json

import numpy as np

from linkage.comparison.specified import plan_of
from linkage.index import open_index
from linkage.weights import match_weight
from pipelines.at_unit import link
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.linking.fitting import last_model
from pipelines.at_unit.linking.records import common_values, live_records


def agreeing_weights(model, name):
    """The weight of each level of full agreement, everything else missing."""
    number = [traits.name for traits in model.comparisons].index(name)
    stride = int(np.prod(model.n_levels[number + 1 :], dtype=np.int64))
    traits = model.comparisons[number]
    levels = range(traits.n_plain_levels - 1, traits.n_levels)
    return [match_weight(model, 0)[level * stride] for level in levels]


def test_agreement_on_a_rare_value_weighs_more(linked):
    with open_index(linked.index) as index:
        decided = last_model(index)
    assert "surname" in {values.comparison for values in decided.common}
    common, rare = agreeing_weights(decided.model, "surname")
    assert rare > common + 1.0


def test_values_are_not_counted_where_the_specification_forbids_it(linked):
    specification = index_specification(linked.index)
    rule = specification.decision.model_copy(update={"rare_values": "ignore"})
    with open_index(linked.index) as index:
        live = live_records(index)
        assert common_values(index, specification, live)
        assert common_values(index, specification.model_copy(update={"decision": rule}), live) == ()


def test_a_model_file_scores_again_as_it_did(linked, tmp_path):
    project = linked.copy(tmp_path / "again")
    file = tmp_path / "model.json"
    with open_index(project.index) as index:
        decided, before = last_model(index), index.links()
    file.write_text(json.dumps(decided.to_json()))
    link.run(link.LinkJob(project.index, model=file))
    with open_index(project.index) as index:
        again, after = last_model(index), index.links()
    assert plan_of(index_specification(project.index), again.common).n_levels == decided.model.n_levels
    assert all((a == b).all() for a, b in zip(vars(before).values(), vars(after).values(), strict=True))
    assert dataclasses.asdict(again.decision) == dataclasses.asdict(decided.decision)

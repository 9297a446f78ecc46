import numpy as np
import pytest

from models.core.inputs import FAMILY_CHANNELS, family_columns
from models.members import NETWORKS, READS, STUDENT, build_network, student
from models.members.sizes import MemberSizes, StudentSizes
from models.preprocessing.preparation import PREPARED_SHAPES
from schemas.channels import CHANNEL_NAMES
from tests.unit.models.people import TINY

FULL = {
    "cnn": ["Conv1D", "BatchNormalization", "MaxPooling1D"] * 2
    + ["Conv1D", "BatchNormalization", "GlobalAveragePooling1D", "Dense", "Dropout", "Dense"],
    "lstm": ["LSTM", "Dropout", "LSTM", "Dropout", "Dense", "BatchNormalization", "Dropout", "Dense"],
    "bilstm_attention": [
        "Bidirectional",
        "Bidirectional",
        "Attention",
        "GlobalAveragePooling1D",
        "Dense",
        "Dropout",
        "Dense",
    ],
    "personal": ["GaussianNoise", "Dropout", "Dense", "Dropout", "Dense", "Dropout", "Dense"],
}


@pytest.mark.parametrize("name", FULL)
def test_full_members_have_the_documented_layers(name: str) -> None:
    member = build_network(name, MemberSizes(), labels=7)
    assert [type(layer).__name__ for layer in member.layers if type(layer).__name__ != "InputLayer"] == FULL[name]


def test_the_full_transformer_has_the_documented_sizes() -> None:
    layers = build_network("transformer", MemberSizes(), labels=7).layers
    attention = [layer for layer in layers if type(layer).__name__ == "MultiHeadAttention"]
    assert [(layer.num_heads, layer.key_dim) for layer in attention] == [(8, 16)] * 4


def test_the_full_fusion_network_has_a_branch_per_family() -> None:
    layers = build_network("fusion", MemberSizes(), labels=7).layers
    dense = [layer.units for layer in layers if hasattr(layer, "units")]
    assert dense == [64] * len(FAMILY_CHANNELS) + [256, 128, 7]


def test_every_channel_and_feature_is_in_one_family() -> None:
    assert sorted(sum(FAMILY_CHANNELS.values(), ())) == sorted(CHANNEL_NAMES)
    columns = sorted(sum(family_columns().values(), ()))
    assert columns == list(range(len(columns)))


@pytest.mark.parametrize("name", NETWORKS)
def test_members_give_probabilities(name: str) -> None:
    inputs = np.random.default_rng(0).normal(size=(2, *PREPARED_SHAPES[NETWORKS[name].reads])).astype(np.float32)
    answer = np.asarray(build_network(name, TINY.sizes, labels=4)(inputs, training=False))
    assert answer.shape == (2, 4)
    assert answer.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert not np.array_equal(answer[0], answer[1])


def test_the_student_can_tell_a_missing_feature_from_a_middling_one() -> None:
    shape = PREPARED_SHAPES[READS[STUDENT]]
    model = student.build(StudentSizes(units=(8,)), shape=shape, labels=3)
    middle = np.full((1, *shape), 2e-3, dtype=np.float32)
    told, missing = (np.asarray(model(rows, training=False)) for rows in (middle, np.zeros_like(middle)))
    assert np.abs(told - missing).max() > 0.05

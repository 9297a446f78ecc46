"""Columns and Feast objects are the schema tables, name for name."""

from feast import FeatureStore
from feast.types import Float64, Int64

from feature_repo.columns import LATEST_EMOTION, USER_BASELINE, VIEWS, WINDOW_FEATURES
from feature_repo.definitions import FEAST_TYPES
from schemas.channels import CHANNEL_NAMES
from schemas.feature_table import EVIDENCE_NAMES, FEATURE_NAMES, FEATURES
from schemas.records import EmotionEvent


def names(view: str) -> list[str]:
    return [column.name for column in VIEWS[view]]


def test_window_columns() -> None:
    per_channel = [f"{what}_{channel}" for what in ("coverage", "quality") for channel in CHANNEL_NAMES]
    assert names(WINDOW_FEATURES) == ["window_start_ms", "samples", *FEATURE_NAMES, *per_channel, *EVIDENCE_NAMES]


def test_baseline_columns() -> None:
    expected = [f"baseline_{statistic}_{name}" for statistic in ("mean", "std") for name in FEATURE_NAMES]
    assert names(USER_BASELINE) == ["baseline_windows", *expected]


def test_emotion_columns_are_all_fields_but_the_key_and_the_maps() -> None:
    left_out = {"user_id", "probabilities", "raw", "members"}
    assert names(LATEST_EMOTION) == [name for name in EmotionEvent.model_fields if name not in left_out]
    kinds = {column.name: column.kind for column in VIEWS[LATEST_EMOTION]}
    chosen = ("emotion", "reason", "confidence", "abstained", "schema_version")
    assert [kinds[name] for name in chosen] == ["string", "string", "float64", "bool", "int64"]


def test_applied_fields_carry_type_unit_description_and_source(store: FeatureStore) -> None:
    for view, columns in VIEWS.items():
        fields = {field.name: field for field in store.get_feature_view(view).features}
        assert sorted(fields) == sorted(column.name for column in columns)
        for column in columns:
            field = fields[column.name]
            assert field.dtype == FEAST_TYPES[column.kind]
            assert (field.description, field.tags) == (
                column.description,
                {"unit": column.unit, "source": column.source},
            )


def test_feature_fields_are_the_feature_table(store: FeatureStore) -> None:
    fields = {field.name: field for field in store.get_feature_view(WINDOW_FEATURES).features}
    for feature in FEATURES:
        field = fields[feature.name]
        assert field.dtype == Float64
        assert field.description == feature.description
        assert field.tags == {"unit": feature.unit, "source": feature.source}
    assert fields["samples"].dtype == Int64


def test_the_models_service_reads_windows_and_baseline(store: FeatureStore) -> None:
    service = store.get_feature_service("emotion_model")
    assert [projection.name for projection in service.feature_view_projections] == [WINDOW_FEATURES, USER_BASELINE]
    assert [entity.join_key for entity in store.list_entities()] == ["user_id"]

"""The Feast objects: entity, push sources over day-partitioned Parquet, feature views, the model's service."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Bool, Float64, Int64, PrimitiveFeastType, String

from feature_repo.columns import (
    ENTITY,
    EVENT_TIMESTAMP,
    JOIN_KEY,
    LATEST_EMOTION,
    USER_BASELINE,
    VIEW_DESCRIPTIONS,
    VIEWS,
    WINDOW_FEATURES,
    Column,
    Kind,
)
from feature_repo.folders import offline_folder

FEAST_TYPES: Final[dict[Kind, PrimitiveFeastType]] = {
    Kind.FLOAT64: Float64,
    Kind.INT64: Int64,
    Kind.STRING: String,
    Kind.BOOL: Bool,
}

TTL: Final = {WINDOW_FEATURES: timedelta(days=1), USER_BASELINE: timedelta(0), LATEST_EMOTION: timedelta(days=1)}
"""How old a row may be in a point-in-time join; zero is without limit."""

EMOTION_SERVICE: Final = "emotion_model"

USER = Entity(
    name=ENTITY, join_keys=[JOIN_KEY], value_type=ValueType.STRING, description="a person who wears the sensors"
)


def field_of(column: Column) -> Field:
    """The Feast field of a column; unit and source are its tags."""
    tags = {"unit": column.unit, "source": column.source}
    return Field(name=column.name, dtype=FEAST_TYPES[column.kind], description=column.description, tags=tags)


def source_of(view: str) -> PushSource:
    """A push source over the view's Parquet folder, whose path is relative to the data folder."""
    files = FileSource(
        name=f"{view}_files", path=offline_folder(Path(), view).as_posix(), timestamp_field=EVENT_TIMESTAMP
    )
    return PushSource(name=f"{view}_push", batch_source=files)


def view_of(view: str) -> FeatureView:
    """The Feast view of a row of `VIEWS`."""
    return FeatureView(
        name=view,
        entities=[USER],
        ttl=TTL[view],
        schema=[Field(name=JOIN_KEY, dtype=String), *map(field_of, VIEWS[view])],
        source=source_of(view),
        description=VIEW_DESCRIPTIONS[view],
    )


def definitions() -> list[Entity | FeatureView | FeatureService]:
    """All that is applied."""
    views = {name: view_of(name) for name in VIEWS}
    model_reads = [views[WINDOW_FEATURES], views[USER_BASELINE]]
    service = FeatureService(name=EMOTION_SERVICE, features=model_reads, description="what an emotion model reads")
    return [USER, *views.values(), service]

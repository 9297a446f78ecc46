"""The topics: name, the record on it and its form, and how the broker keeps it."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from schemas import avro_schema, json_schema, records


class Form(StrEnum):
    """How a record lies in a message."""

    JSON = "JSON"
    AVRO = "Avro"
    """Avro's binary form behind the fingerprint of its schema."""


@dataclass(frozen=True)
class Topic:
    """A topic and its record; `config` holds broker settings that the guarantees rest on."""

    name: str
    record: type[records.Record]
    config: dict[str, str] = field(default_factory=dict)
    form: Form = Form.JSON

    @property
    def schema_file(self) -> Path:
        """The published schema of what is on it.

        >>> FEATURES.schema_file.name, EMOTIONS.schema_file.name
        ('FeatureWindow.v1.avsc', 'EmotionEvent.v1.json')
        """
        return avro_schema.file_of() if self.form == Form.AVRO else json_schema.file_of(self.record)


READINGS: Final = Topic("eqm.readings.v1", records.Reading, {"message.timestamp.type": "LogAppendTime"})
"""Append time is the broker's clock, so that "from the future" means the same on every replay."""

FEATURES: Final = Topic("eqm.features.v1", records.FeatureWindow, form=Form.AVRO)
EMOTIONS: Final = Topic("eqm.emotions.v1", records.EmotionEvent)
SHADOW: Final = Topic("eqm.emotions.shadow.v1", records.EmotionEvent)
QUARANTINE: Final = Topic("eqm.quarantine.v1", records.Quarantine)
LABELS: Final = Topic("eqm.labels.v1", records.Label)
MODELS: Final = Topic("eqm.models.v1", records.ModelControl, {"cleanup.policy": "compact"})

MODEL_REPORTS: Final = Topic("eqm.model-reports.v1", records.ModelReport, {"retention.ms": "604800000"})
"""A week, by the workers' clocks."""

READERS: Final = {"eqm-features": READINGS, "eqm-emotions": FEATURES}
"""The consumer groups of our jobs, and what they read. The stream job reads in the place of the features job."""

TOPICS: Final = (READINGS, FEATURES, EMOTIONS, SHADOW, QUARANTINE, LABELS, MODELS, MODEL_REPORTS)

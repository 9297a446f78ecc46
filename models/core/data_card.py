"""What a training set says of itself, in `card.json`."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.core.dataset import TrainedOn
from models.core.manifest import Hash, Share

CARD: Final = "card.json"
SPLITS: Final = ("train", "validation", "test")


class Parameters(BaseModel):
    """What the set was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_day: str
    last_day: str
    split: Literal["person", "time"]
    seed: int = Field(description="of the split by person")
    least_share: Share = Field(description="of a window that lies in one label interval")
    stride_s: int = Field(description="of a user one window in so many seconds")


class DataCard(BaseModel):
    """Everything needed to judge and trace a training set without reading its rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["eqm training set 1"] = "eqm training set 1"
    trained_on: TrainedOn
    label_names: tuple[str, ...] = Field(min_length=2, description="in the order of their declared set")
    label_sources: tuple[str, ...] = Field(description="who says so")
    parameters: Parameters
    candidates: int = Field(description="offline rows of the days: windows kept and dropped")
    kept: int
    dropped: dict[str, int] = Field(description="windows by the first reason that applies")
    intervals: int = Field(description="labels given")
    intervals_dropped: dict[str, int] = Field(description="labels that no window of the set could have, by reason")
    users_without_data: tuple[str, ...] = Field(description="labelled in these days, and without any window")
    people: dict[str, tuple[str, ...]] = Field(description="by split")
    windows: dict[str, dict[str, int]] = Field(description="by split and label")
    with_baseline: int = Field(description="windows of people whose baseline was known by then")
    missing_share: dict[str, Share] = Field(description="of all kept windows, by feature")
    schema_hash: Hash
    data_hash: Hash = Field(description="over what networks read; that of a bundle trained on this set")
    rows_hash: Hash = Field(description="over all that stands in the rows, whatever their order and files")
    versions: dict[str, str]

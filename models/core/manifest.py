"""What a bundle says of itself, in `manifest.json`."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.core.dataset import TrainedOn

FORMAT: Final = 2
"""Of the network's inputs and of this file; 1 had no `baseline`."""

Combination = Literal["weighted", "voting", "stacking"]
Calibrated = Literal["temperature", "isotonic"]
Name = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
Share = Annotated[float, Field(ge=0, le=1)]


class MemberWeight(BaseModel):
    """A member and its share in the ensemble."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    weight: Share


class Manifest(BaseModel):
    """Everything needed to apply, judge and trace a bundle without loading its network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[2] = FORMAT
    name: Name
    version: str = Field(description="twelve hex digits made from weights, data and settings; no clock in it")
    labels: tuple[str, ...] = Field(min_length=2, description="in the order of probabilities")
    channels: tuple[str, ...] = Field(description="channels that reach a member of weight above 0")
    feature_names: tuple[str, ...]
    sequence_channels: tuple[str, ...]
    window_s: int
    hop_s: int
    smoothing_s: int
    schema_hash: Hash
    data_hash: Hash
    members: tuple[MemberWeight, ...] = Field(description="in the order of the network's answer")
    combination: Combination = Field(description="how members' answers become one")
    temperature: float = Field(gt=0)
    bias: tuple[float, ...] = Field(description="of each label's logit, after the temperature")
    calibration: Calibrated = Field(default="temperature", description="isotonic: temperature and bias change nothing")
    min_quality: Share = Field(description="events of windows below this abstain")
    min_confidence: Share = Field(default=0.0, description="events less sure than this abstain")
    stated_risk: Share | None = Field(default=None, description="share of wrong answers that min_confidence is for")
    distilled_from: str | None = Field(default=None, description="version of the bundle whose answers it learnt")
    trained_on: TrainedOn
    metrics: dict[str, Any] = Field(description="the report on people held out")
    checksum: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 over names and contents of saved_model/")
    parts_checksum: str = Field(default="", description="the same of parts/; empty where there are none")

    @property
    def member_names(self) -> tuple[str, ...]:
        """Names in the order of the network's answer."""
        return tuple(member.name for member in self.members)

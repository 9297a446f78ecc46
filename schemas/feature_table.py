"""The one table of window features: name, unit, inputs and source. Order here is order everywhere."""

from dataclasses import dataclass
from typing import Final

from schemas.channels import CHANNELS

TASK_FORCE = "Task Force of the ESC/NASPE 1996, doi:10.1161/01.CIR.93.5.1043"
BOUCSEIN = "Boucsein et al. 2012, doi:10.1111/j.1469-8986.2012.01384.x"
BOUTEN = "Bouten et al. 1997, doi:10.1109/10.554760"
BERRY = "Berry et al. 2012 (AASM), doi:10.5664/jcsm.2172"
LIPPONEN = "Lipponen & Tarvainen 2019, doi:10.1080/03091902.2019.1640306"
DESCRIPTIVE = "descriptive statistic"


@dataclass(frozen=True)
class Family:
    """Numbers that are computed together. Its revision rises whenever one of them would come out differently.

    Revisions are part of the schema hash: a model trained on other numbers is refused, and a backfill computes its days
    again. A test holds golden numbers of each family, and fails where they move without a new revision.
    """

    name: str
    revision: int


STATISTIC: Final = Family("statistic", 2)
HRV_TIME: Final = Family("hrv_time", 2)
HRV_FREQUENCY: Final = Family("hrv_frequency", 2)
EDA: Final = Family("eda", 2)
MOTION: Final = Family("motion", 2)
OXYGEN: Final = Family("oxygen", 1)
COVERAGE: Final = Family("coverage", 2)
QUALITY: Final = Family("quality", 2)
SEQUENCE: Final = Family("sequence", 2)
EVIDENCE: Final = Family("evidence", 1)

FAMILIES: Final = (
    STATISTIC,
    HRV_TIME,
    HRV_FREQUENCY,
    EDA,
    MOTION,
    OXYGEN,
    COVERAGE,
    QUALITY,
    SEQUENCE,
    EVIDENCE,
)


@dataclass(frozen=True)
class Feature:
    """One number per window. Missing is NaN in arrays and null in JSON, never zero."""

    name: str
    unit: str
    inputs: tuple[str, ...]
    source: str
    description: str
    family: Family


STATISTICS: Final = ("mean", "std", "min", "max", "range", "slope")
ACC: Final = ("acc_x", "acc_y", "acc_z")


def _statistics() -> list[Feature]:
    return [
        Feature(
            f"{channel.name}_{statistic}",
            f"{channel.unit}/s" if statistic == "slope" else channel.unit,
            (channel.name,),
            DESCRIPTIVE,
            f"{statistic} of plausible values: {channel.description}",
            STATISTIC,
        )
        for channel in CHANNELS
        for statistic in STATISTICS
    ]


_DERIVED: Final = [
    Feature("hrv_mean_nn", "ms", ("ibi",), TASK_FORCE, "mean of corrected inter-beat intervals", HRV_TIME),
    Feature("hrv_sdnn", "ms", ("ibi",), TASK_FORCE, "sample standard deviation of corrected intervals", HRV_TIME),
    Feature(
        "hrv_rmssd",
        "ms",
        ("ibi",),
        TASK_FORCE,
        "root mean square of differences of successive corrected intervals",
        HRV_TIME,
    ),
    Feature(
        "hrv_pnn50", "%", ("ibi",), TASK_FORCE, "successive differences over 50 ms, of one more than all", HRV_TIME
    ),
    Feature(
        "hrv_lf", "ms²", ("ibi",), TASK_FORCE, "power at 0.04-0.15 Hz of the longest run; NaN below 50 s", HRV_FREQUENCY
    ),
    Feature(
        "hrv_hf", "ms²", ("ibi",), TASK_FORCE, "power at 0.15-0.40 Hz of the longest run; NaN below 30 s", HRV_FREQUENCY
    ),
    Feature("hrv_lf_hf", "1", ("ibi",), TASK_FORCE, "LF over HF; NaN without either, or HF 0", HRV_FREQUENCY),
    Feature(
        "hrv_beats",
        "beats",
        ("ibi",),
        DESCRIPTIVE,
        "plausible intervals, as they came; NaN when no interval came",
        HRV_TIME,
    ),
    Feature("eda_scl", "µS", ("gsr",), BOUCSEIN, "skin conductance level: mean of the medians of 10-s blocks", EDA),
    Feature("eda_scl_slope", "µS/s", ("gsr",), BOUCSEIN, "slope of the medians of 10-s blocks", EDA),
    Feature("eda_scr_count", "responses", ("gsr",), BOUCSEIN, "climbs of 0.05 µS or more within 5 s", EDA),
    Feature("eda_scr_amplitude_sum", "µS", ("gsr",), BOUCSEIN, "sum of their amplitudes", EDA),
    Feature("acc_energy", "g²", ACC, BOUTEN, "mean square of magnitude about its mean", MOTION),
    Feature("acc_mag_std", "g", ACC, BOUTEN, "sample standard deviation of the magnitude", MOTION),
    Feature("acc_dominant_hz", "Hz", ACC, BOUTEN, "frequency of greatest power, 0.3-4 Hz; NaN when still", MOTION),
    Feature(
        "spo2_desaturation", "%", ("spo2",), BERRY, "deepest fall below the running maximum, plausible values", OXYGEN
    ),
]

FEATURES: Final[tuple[Feature, ...]] = (*_statistics(), *_DERIVED)
FEATURE_NAMES: Final = tuple(feature.name for feature in FEATURES)
MEAN_NAMES: Final = tuple(f"baseline_mean_{name}" for name in FEATURE_NAMES)
"""What the resting mean of each feature is called, where a person's level is stored."""
FEATURE_INDEX: Final = {name: index for index, name in enumerate(FEATURE_NAMES)}


@dataclass(frozen=True)
class Evidence:
    """What a window's numbers rest on, besides coverage and quality of each channel. No model reads it."""

    name: str
    unit: str
    source: str
    description: str


EVIDENCE_FIGURES: Final = (
    Evidence("ibi_corrected", "1", LIPPONEN, "share of the intervals that were corrected; NaN without intervals"),
    Evidence("unused_sources", "sensors", DESCRIPTIVE, "sensors left out, each for a channel that another gave better"),
)
EVIDENCE_NAMES: Final = tuple(figure.name for figure in EVIDENCE_FIGURES)

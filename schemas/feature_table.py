"""The one table of window features: name, unit, inputs and source. Order here is order everywhere."""

from dataclasses import dataclass
from typing import Final

from schemas.channels import CHANNELS

TASK_FORCE = "Task Force of the ESC/NASPE 1996, doi:10.1161/01.CIR.93.5.1043"
BOUCSEIN = "Boucsein et al. 2012, doi:10.1111/j.1469-8986.2012.01384.x"
BOUTEN = "Bouten et al. 1997, doi:10.1109/10.554760"
BERRY = "Berry et al. 2012 (AASM), doi:10.5664/jcsm.2172"
DESCRIPTIVE = "descriptive statistic"


@dataclass(frozen=True)
class Feature:
    """One number per window. Missing is NaN in arrays and null in JSON, never zero."""

    name: str
    unit: str
    inputs: tuple[str, ...]
    source: str
    description: str


STATISTICS: Final = ("mean", "std", "min", "max", "range", "slope")
ACC: Final = ("acc_x", "acc_y", "acc_z")


def _statistics() -> list[Feature]:
    return [
        Feature(
            f"{channel.name}_{statistic}",
            f"{channel.unit}/s" if statistic == "slope" else channel.unit,
            (channel.name,),
            DESCRIPTIVE,
            f"{statistic} of {channel.description}",
        )
        for channel in CHANNELS
        for statistic in STATISTICS
    ]


_DERIVED: Final = [
    Feature("hrv_mean_nn", "ms", ("ibi",), TASK_FORCE, "mean of plausible inter-beat intervals"),
    Feature("hrv_sdnn", "ms", ("ibi",), TASK_FORCE, "sample standard deviation of plausible intervals"),
    Feature("hrv_rmssd", "ms", ("ibi",), TASK_FORCE, "root mean square of differences of successive intervals"),
    Feature("hrv_pnn50", "%", ("ibi",), TASK_FORCE, "successive differences over 50 ms, of one more than all"),
    Feature("hrv_lf", "ms²", ("ibi",), TASK_FORCE, "power at 0.04-0.15 Hz of the longest run; NaN below 50 s"),
    Feature("hrv_hf", "ms²", ("ibi",), TASK_FORCE, "power at 0.15-0.40 Hz of the longest run; NaN below 30 s"),
    Feature("hrv_lf_hf", "1", ("ibi",), TASK_FORCE, "LF over HF; NaN without either, or HF 0"),
    Feature("hrv_beats", "beats", ("ibi",), DESCRIPTIVE, "plausible intervals; NaN when no interval came"),
    Feature("eda_scl", "µS", ("gsr",), BOUCSEIN, "skin conductance level: mean of the medians of 10-s blocks"),
    Feature("eda_scl_slope", "µS/s", ("gsr",), BOUCSEIN, "slope of the medians of 10-s blocks"),
    Feature("eda_scr_count", "responses", ("gsr",), BOUCSEIN, "climbs of 0.05 µS or more within 5 s"),
    Feature("eda_scr_amplitude_sum", "µS", ("gsr",), BOUCSEIN, "sum of their amplitudes"),
    Feature("acc_energy", "g²", ACC, BOUTEN, "mean square of magnitude about its mean"),
    Feature("acc_mag_std", "g", ACC, BOUTEN, "sample standard deviation of the magnitude"),
    Feature("acc_dominant_hz", "Hz", ACC, BOUTEN, "frequency of greatest power, 0.3-4 Hz; NaN when still"),
    Feature("spo2_desaturation", "%", ("spo2",), BERRY, "deepest fall below the running maximum, plausible values"),
]

FEATURES: Final[tuple[Feature, ...]] = (*_statistics(), *_DERIVED)
FEATURE_NAMES: Final = tuple(feature.name for feature in FEATURES)
FEATURE_INDEX: Final = {name: index for index, name in enumerate(FEATURE_NAMES)}

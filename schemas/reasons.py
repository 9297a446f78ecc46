"""Why a message was put in quarantine, or why an event abstains."""

from enum import StrEnum


class Quarantined(StrEnum):
    """Reason codes of the quarantine topic. The first that applies, in this order, is given."""

    EMPTY_MESSAGE = "empty_message"
    TOO_LARGE = "too_large"
    MALFORMED_JSON = "malformed_json"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_FIELD = "unknown_field"
    DUPLICATE_FIELD = "duplicate_field"
    WRONG_TYPE = "wrong_type"
    MISSING_FIELD = "missing_field"
    BAD_USER_ID = "bad_user_id"
    BAD_SENSOR_ID = "bad_sensor_id"
    KEY_MISMATCH = "key_mismatch"
    BAD_TIMESTAMP = "bad_timestamp"
    ABSURD_TIMESTAMP = "absurd_timestamp"
    FUTURE_TIMESTAMP = "future_timestamp"
    NO_MEASUREMENTS = "no_measurements"
    OUT_OF_RANGE = "out_of_range"
    BAD_FEATURES = "bad_features"


class Abstained(StrEnum):
    """Why an emotion event names no emotion. Quality is judged first."""

    LOW_QUALITY = "low_quality"
    NO_SIGNAL = "no_signal"
    LOW_CONFIDENCE = "low_confidence"

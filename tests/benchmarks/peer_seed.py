"""The per-user consumer that one writes without an engine: `python -m tests.benchmarks.peer_seed JSON`, one per core.

A buffer of a minute for each user; every five seconds of that user's time the window's features, a network's answer
for this one row by `model.predict`, and the mean of the last thirty answers. Its network is a small CNN that is not
trained. No state survives it, and what comes late is as good as lost. It ends with the topic; windows that no
later reading closes are not answered.
"""

import json
import sys
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

import numpy as np
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from numpy.typing import NDArray
from orjson import loads

from schemas.channels import SEQUENCE_CHANNELS
from schemas.labels import EMOTIONS
from schemas.windows import HOP_MS, WINDOW_MS, WINDOW_S
from tests.benchmarks.one_window import Row, computed

SMOOTHED = 30
AT_ONCE = 500


class FeatureProcessor:
    """One user's last minute."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque()

    def process(self, sensor_data: dict[str, Any]) -> NDArray[np.float32] | None:
        """The window's sequence where this reading is the first after a window's end."""
        at = sensor_data["timestamp"]
        end = at - at % HOP_MS
        ended = bool(self._rows) and self._rows[-1][0] < end
        found = self._features(end) if ended else None
        self._rows.append((at, sensor_data["measurements"]))
        return found

    def _features(self, end_ms: int) -> NDArray[np.float32]:
        while self._rows and self._rows[0][0] < end_ms - WINDOW_MS:
            self._rows.popleft()
        windows = computed(end_ms - WINDOW_MS, self._rows)
        return np.nan_to_num(windows.sequence[0])


class RealTimeEmotionClassifier:
    """One user's classifier; the network is shared by all."""

    def __init__(self, model: Any, feature_processor: FeatureProcessor) -> None:  # noqa: ANN401
        self.model = model
        self.feature_processor = feature_processor
        self.prediction_buffer: deque[NDArray[np.float32]] = deque(maxlen=SMOOTHED)

    def predict_emotion(self, sensor_data: dict[str, Any]) -> dict[str, Any] | None:
        features = self.feature_processor.process(sensor_data)
        if features is None:
            return None
        prediction = self.model.predict(np.expand_dims(features, axis=0), verbose=0)[0]
        self.prediction_buffer.append(prediction)
        smoothed = np.mean(list(self.prediction_buffer), axis=0)
        best = int(np.argmax(smoothed))
        return {"emotion": best, "confidence": float(smoothed[best]), "probabilities": smoothed.tolist()}


def network() -> Any:  # noqa: ANN401
    """Three convolutions, pooled, and a dense layer."""
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input((WINDOW_S, len(SEQUENCE_CHANNELS))),
            *(layers.Conv1D(64, 3, activation="relu"), layers.BatchNormalization(), layers.MaxPooling1D(2)),
            *(layers.Conv1D(128, 3, activation="relu"), layers.BatchNormalization(), layers.MaxPooling1D(2)),
            *(layers.Conv1D(256, 3, activation="relu"), layers.BatchNormalization(), layers.GlobalAveragePooling1D()),
            *(layers.Dense(128, activation="relu"), layers.Dropout(0.5), layers.Dense(len(EMOTIONS), "softmax")),
        ]
    )


def messages(wanted: dict[str, Any]) -> Iterator[Message]:
    """This process's share of the partitions, to their present ends."""
    consumer = Consumer({"bootstrap.servers": wanted["bootstrap"], "group.id": wanted["group"]})
    partitions = sorted(consumer.list_topics(wanted["topic"], timeout=10).topics[wanted["topic"]].partitions)
    mine = [TopicPartition(wanted["topic"], each, 0) for each in partitions[wanted["number"] :: wanted["of"]]]
    left = sum(consumer.get_watermark_offsets(each, timeout=10)[1] for each in mine)
    consumer.assign(mine)
    while left:
        found = consumer.consume(AT_ONCE, 0.2)
        left -= len(found)
        yield from found
    consumer.close()


def main() -> None:
    wanted = json.loads(sys.argv[1])
    model = network()
    users: dict[str, RealTimeEmotionClassifier] = defaultdict(
        lambda: RealTimeEmotionClassifier(model, FeatureProcessor())
    )
    producer = Producer({"bootstrap.servers": wanted["bootstrap"]})
    for message in messages(wanted):
        reading = loads(message.value())
        emotion = users[reading["user_id"]].predict_emotion(reading)
        if emotion is not None:
            producer.produce(wanted["output"], json.dumps(emotion).encode(), reading["user_id"].encode())
            producer.poll(0)
    producer.flush()


if __name__ == "__main__":
    main()

"""Label sets. A model bundle names the one it was trained on; its order is the order of probabilities."""

from typing import Final

EMOTIONS: Final = ("neutral", "happy", "sad", "angry", "fear", "surprise", "disgust")
STATES: Final = ("calm", "stress", "exercise")

LABEL_SETS: Final = {"emotions": EMOTIONS, "states": STATES}

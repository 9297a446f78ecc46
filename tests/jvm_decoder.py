"""The JVM's decoder as a program: `tests/java/org/eqm/streaming/DecoderMain.java`, compiled and asked."""

import os
import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pipelines.stack import java
from pipelines.streaming.decoder_contract import decoder_contract

ROOT: Final = Path(__file__).parents[1]
SOURCE: Final = ROOT / "tests" / "java" / "org" / "eqm" / "streaming" / "DecoderMain.java"
ANSWER_S: Final = 300

Message = tuple[bytes | None, bytes | None, int]
"""key, value, and when the broker stored it."""


@dataclass(frozen=True)
class JvmDecoder:
    """The compiled program."""

    command: tuple[str, ...]

    @classmethod
    def compiled(cls, folder: Path) -> "JvmDecoder":
        """Compiles it into the folder, against the operators as `make` built them."""
        # Found without importing it, which takes a second and warns.
        flink = Path(str(find_spec("pyflink").origin)).parent / "lib"
        jars = [*java.jars(ROOT / "build" / "jvm" / "flink"), *java.jars(flink)]
        path = os.pathsep.join(map(str, jars))
        compiler = Path(java.executable()).with_name("javac")
        subprocess.run([compiler, "-cp", path, "-d", folder, SOURCE], check=True, timeout=ANSWER_S)
        classes = os.pathsep.join((str(folder), path))
        options = ("-XX:+UseSerialGC", "-Xshare:auto", "-XX:TieredStopAtLevel=1")
        return cls((java.executable(), *options, "-cp", classes, "org.eqm.streaming.DecoderMain", decoder_contract()))

    def answers(self, messages: Iterable[Message]) -> list[str]:
        """A line for each message: the reason, or the readings as JSON with the bits of each value."""
        frames = b"".join(framed(message) for message in messages)
        done = subprocess.run(self.command, input=frames, stdout=subprocess.PIPE, check=True, timeout=ANSWER_S)
        return done.stdout.decode().split("\n")[:-1]


def framed(message: Message) -> bytes:
    """A message as the program reads it."""
    key, value, append_ms = message
    return b"".join((_part(key), _part(value), struct.pack(">q", append_ms)))


def _part(part: bytes | None) -> bytes:
    return struct.pack(">i", -1) if part is None else struct.pack(">i", len(part)) + part

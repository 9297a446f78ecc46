"""On what machine, and with what software, figures were taken."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from pipelines.core.settings import Settings
from pipelines.stack import java
from tests.benchmarks.bench import CORES

PACKAGES = ("apache-flink", "tensorflow-cpu", "numpy", "pyarrow", "confluent-kafka")
PEERS = ("quixstreams", "bytewax", "numpy")
GIBI = 1 << 30


def machine(settings: Settings, peers_python: Path) -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": CORES,
        "memory_gib": round(psutil.virtual_memory().total / GIBI, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
        "versions": {
            "python": platform.python_version(),
            "java": _java(),
            "kafka": _kafka(settings),
            **{name: version(name) for name in PACKAGES},
            **_peers(peers_python),
        },
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _java() -> str:
    said = subprocess.run([java.executable(), "-version"], capture_output=True, text=True, check=False).stderr
    return said.partition('"')[2].partition('"')[0]


def _kafka(settings: Settings) -> str:
    names = [jar.stem for jar in java.jars(settings.jvm / "kafka") if jar.stem.startswith("kafka-clients-")]
    return names[0].removeprefix("kafka-clients-") if names else "unknown"


def _peers(python: Path) -> dict[str, str]:
    """Of their own environment; nothing where there is none."""
    if not python.is_file():
        return {}
    code = f"from importlib.metadata import version; print(*map(version, {PEERS}))"
    said = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.split()
    return {f"{name} (peers)" if name == "numpy" else name: found for name, found in zip(PEERS, said, strict=False)}

"""`make` on a machine where something is missing: one line, before anything is fetched."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[3] / "deploy" / "setup" / "check.sh"
GOOD = {
    "java": "true",
    "javac": "echo javac 17.0.1",
    "mvn": "echo Apache Maven 3.8.7",
}


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder that is the whole search path, with a good JDK and Maven."""
    for name in ("sed", "sort", "head"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    for name, line in GOOD.items():
        program(tmp_path, name, line)
    return tmp_path


def program(machine: Path, name: str, line: str) -> None:
    (machine / name).write_text(f"#!/bin/sh\n{line}\n", "utf-8")
    (machine / name).chmod(0o755)


def check(machine: Path, python: str = sys.executable, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        ["/bin/sh", CHECK, python], env={"PATH": str(machine), **environment}, capture_output=True, text=True
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_a_complete_machine_passes_in_silence(machine: Path) -> None:
    assert check(machine) == (0, "")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("java", "setup: no java in the search path: install a JDK 17, or set JAVA_HOME to one\n"),
        ("javac", "setup: no javac in the search path, only a runtime: install a JDK 17, or set JAVA_HOME to one\n"),
        ("mvn", "setup: no mvn on the search path: install Maven 3.6.3 or newer\n"),
    ],
)
def test_what_is_missing_is_named(machine: Path, name: str, said: str) -> None:
    (machine / name).unlink()
    assert check(machine) == (1, said)


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("javac", "echo javac 11.0.2", "the JDK in the search path is version 11: install a JDK 17"),
        ("javac", "echo javac 1.8.0_292", "is version 1: install a JDK 17"),
        ("javac", "exit 1", "is version unknown: install a JDK 17"),
        ("mvn", "echo Apache Maven 3.6.2", "Maven is version 3.6.2: install Maven 3.6.3 or newer"),
        ("mvn", "exit 1", "Maven is version unknown"),
    ],
)
def test_what_is_too_old_is_named_with_its_version(machine: Path, name: str, line: str, said: str) -> None:
    program(machine, name, line)
    code, error = check(machine)
    assert (code, error.count("\n")) == (1, 1)
    assert said in error


@pytest.mark.parametrize("version", ["17.0.9", "21", "25-ea"])
def test_newer_java_is_welcome(machine: Path, version: str) -> None:
    program(machine, "javac", f"echo javac {version}")
    assert check(machine) == (0, "")


def test_java_home_goes_before_the_search_path(machine: Path) -> None:
    code, error = check(machine, JAVA_HOME="/no/jdk")
    assert (code, error) == (1, "setup: no java in JAVA_HOME (/no/jdk): install a JDK 17, or set JAVA_HOME to one\n")


def test_another_python_is_named(machine: Path) -> None:
    program(machine, "python3.11", "exit 1")
    code, error = check(machine, "python3.11")
    assert (code, error.count("\n")) == (1, 1)
    assert "'python3.11' is not Python 3.11: install Python 3.11" in error

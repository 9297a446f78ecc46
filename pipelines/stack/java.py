"""The Java that the servers run on, and the JVM parts they are made of."""

import os
import shutil
from pathlib import Path

from pipelines.core.errors import StackError


def executable() -> str:
    """`java` of JAVA_HOME, or of the search path."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    if found is None:
        where = f"in JAVA_HOME ({home})" if home else "on the search path"
        raise StackError(f"there is no java {where}: install a JDK 17 or set JAVA_HOME to one")
    return found


def jars(folder: Path) -> list[Path]:
    """The jars of a folder of JVM parts, sorted; raises StackError where there are none."""
    found = sorted(folder.absolute().glob("*.jar"))
    if not found:
        raise StackError(f"there are no jars in {folder}: run `make` in the project's folder")
    return found

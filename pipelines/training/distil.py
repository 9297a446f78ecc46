"""From a bundle and what it was trained on to its student's bundle."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from models.bundle.packing import save
from models.bundle.predictor import Predictor
from models.core.dataset import Dataset
from models.core.manifest import Manifest, Name
from models.core.progress import Progress
from models.distillation.distil import DistillationConfig, distil
from models.metrics.report import Report
from pipelines.core.errors import SettingsError
from pipelines.reports.tables.evaluation import shown


@dataclass(frozen=True)
class StudentOrder:
    """Whose student is wanted, how it learns, where it goes and what it is called."""

    teacher: Predictor
    config: DistillationConfig
    to: Path
    name: str


def configured(*, seed: int, sparsity: float) -> DistillationConfig:
    """The default settings with these in place of theirs."""
    config = DistillationConfig(seed=seed)
    return replace(config, schooling=replace(config.schooling, sparsity=sparsity))


def ordered(bundle: Path, to: Path, name: str | None, config: DistillationConfig) -> StudentOrder:
    """Loads the teacher; raises SettingsError where the student would replace it, or cannot be called so."""
    if bundle.resolve() == to.resolve():
        raise SettingsError(f"--to {to} is the teacher itself: choose another folder for the student")
    try:
        TypeAdapter(Name).validate_python(name or "student")
    except ValidationError as fault:
        raise SettingsError(f"--name {name}: {fault.errors()[0]['msg']}") from fault
    teacher = Predictor.load(bundle)
    return StudentOrder(teacher, config, to, name or f"{teacher.manifest.name[:56]}-student")


def distilled(dataset: Dataset, order: StudentOrder, progress: Callable[[Progress], None]) -> Manifest:
    """Writes the student's bundle with its report, or nothing."""
    return save(distil(dataset, order.teacher, order.config, progress), order.to, name=order.name)


def teacher_line(report: Report) -> str:
    """The teacher's balanced accuracy on the same people, and the difference with its interval over people."""
    teacher = report["teacher"]
    alone = shown({"value": teacher["balanced_accuracy"], "low": None, "high": None})
    better = shown(teacher["student_better_by"]["balanced_accuracy"])
    return (
        f"Its teacher {teacher['name']} {teacher['version']} on the same windows, of {report['trained_on']}: balanced"
        f" accuracy {alone}; the student's is better by {better}."
    )

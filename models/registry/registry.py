"""Trained bundles, kept with all that is needed to trust, compare and bring them back: an MLflow model registry."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlparse
from urllib.request import url2pathname

from models.bundle.folder import verified
from models.core.dataset import Dataset
from models.core.errors import RegistryError
from models.datasets import held_out
from models.datasets.enrolment import enrolled
from models.registry.mlflow_client import ARTIFACTS, connect, faults
from models.registry.version import CHALLENGER, CHAMPION, Entry, Version, facts, metrics, parameters

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT: Final = "eqm"
BUNDLE: Final = "bundle"
BATCH: Final = 100
"""Most parameters that MLflow takes at once."""
FACTS: Final = {"bundle", "trained_on", "labels", "data_hash", "card_hash", "schema_hash"}
"""What tells our versions from those that others keep on the same server."""


@dataclass(frozen=True)
class Registry:
    """An opened registry. What cannot be read or written raises RegistryError."""

    client: "MlflowClient"
    place: str
    artifacts: str | None
    """Where runs keep files; a server knows by itself."""

    @classmethod
    def open(cls, folder: Path, server: str = "", *, make: bool = False) -> Self:
        """That of the server, or, where none is given, of the folder."""
        artifacts = None if server else (folder.absolute() / ARTIFACTS).as_uri()
        return cls(connect(folder, server, make=make), server or str(folder), artifacts)

    def record(self, folder: Path, config: object, dataset: Dataset, *, card_hash: str) -> Version:
        """A bundle with its settings, figures and the windows of its people held out becomes the challenger.

        Or the champion, where the model has none. `dataset` is all that it was trained and judged on. A version is
        there once all of its files are; what dies before leaves an unfinished run, which nothing shows.
        """
        manifest = verified(folder)
        if dataset.data_hash() != manifest.data_hash:
            raise RegistryError(f"bundle {folder} was not trained on these windows: train it on them again")
        tested = dataset.of(tuple(manifest.metrics["people"]["test"]))
        rows = tested.rows(enrolled(tested))
        with self._faults("registering"), self._run(f"{manifest.name} {manifest.version}") as run:
            about = facts(manifest, card_hash)
            self._log_facts(run, config, manifest.metrics, about)
            self.client.log_artifacts(run, str(folder), BUNDLE)
            self._log_rows(run, rows)
            number = self._new_version(manifest.name, run, about)
        with self._faults("registering"):
            alias = CHALLENGER if self.champion(manifest.name) else CHAMPION
            self.client.set_registered_model_alias(manifest.name, alias, str(number))
        return self.find(manifest.name, str(number))

    def names(self) -> tuple[str, ...]:
        """Of all models."""
        with self._faults("reading"):
            return tuple(sorted(model.name for model in self.client.search_registered_models()))

    def versions(self, name: str) -> tuple[Version, ...]:
        """All of a model, oldest first; none where there is no such model."""
        with self._faults("reading"):
            found = self.client.search_model_versions(f"name = '{name}'")
            aliases = self.client.get_registered_model(name).aliases if found else {}
            ours = [_version(each, aliases) for each in found if each.tags.keys() >= FACTS]
            return tuple(sorted(ours, key=lambda version: version.number))

    def find(self, name: str, which: str) -> Version:
        """The newest version that has this number, bundle version or alias."""
        versions = self.versions(name)
        for version in reversed(versions):
            if version.answers_to(which):
                return version
        if versions:
            known = f"its newest is {versions[-1].number}"
        else:
            known = f"models here: {', '.join(self.names()) or 'none; `eqm train` registers what it trains'}"
        raise RegistryError(f"model {name} has no version {which} in {self.place} ({known}): see `eqm models list`")

    def champion(self, name: str) -> Version | None:
        """The one version that is in use."""
        return next((version for version in self.versions(name) if version.is_champion), None)

    def entry(self, version: Version) -> Entry:
        """With its run's parameters and metrics."""
        with self._faults("reading"):
            data = self.client.get_run(version.run).data
            return Entry(version, dict(data.params), dict(data.metrics))

    def bundle(self, version: Version, into: Path) -> Path:
        """Its bundle's folder: where the registry has it, or fetched from the server into a folder."""
        return self._artifact(version, BUNDLE, into)

    def held_out(self, version: Version, into: Path) -> Dataset:
        """The windows of its people held out."""
        return held_out.read(self._artifact(version, held_out.FILE, into))

    def crown(self, version: Version) -> None:
        """The version becomes champion in one step, after it is noted whom it replaces."""
        champion = self.champion(version.name)
        with self._faults("promoting"):
            if champion and champion.number != version.number:
                self.client.set_model_version_tag(version.name, str(version.number), "replaces", str(champion.number))
            self.restore(version)
            if CHALLENGER in version.aliases:
                self.client.delete_registered_model_alias(version.name, CHALLENGER)

    def restore(self, version: Version) -> None:
        """The version is champion again; whom it once replaced stays as it is."""
        with self._faults("promoting"):
            self.client.set_registered_model_alias(version.name, CHAMPION, str(version.number))

    @contextmanager
    def _faults(self, doing: str) -> Iterator[None]:
        with faults(f"{doing} models in {self.place}"):
            yield

    @contextmanager
    def _run(self, title: str) -> Iterator[str]:
        run: str = self.client.create_run(self._experiment(), run_name=title).info.run_id
        try:
            yield run
        except BaseException:
            with suppress(Exception):
                self.client.set_terminated(run, "FAILED")
            raise
        self.client.set_terminated(run)

    def _experiment(self) -> str:
        known = self.client.get_experiment_by_name(EXPERIMENT)
        if known is None:
            return str(self.client.create_experiment(EXPERIMENT, self.artifacts))
        if self.artifacts and known.artifact_location != self.artifacts:
            raise RegistryError(
                f"{self.place} keeps its files in {known.artifact_location}: it was moved; move it back,"
                " or away to begin anew"
            )
        return str(known.experiment_id)

    def _log_facts(self, run: str, config: object, report: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        from mlflow.entities import Metric, Param, RunTag

        settings = [Param(*pair) for pair in parameters(config).items()]
        figures = [Metric(name, value, timestamp=0, step=0) for name, value in metrics(report).items()]
        self.client.log_batch(run, figures, tags=[RunTag(*pair) for pair in tags.items()])
        for start in range(0, len(settings), BATCH):
            self.client.log_batch(run, params=settings[start : start + BATCH])

    def _log_rows(self, run: str, rows: Dataset) -> None:
        with tempfile.TemporaryDirectory() as temporary:
            file = Path(temporary) / held_out.FILE
            held_out.write(rows, file)
            self.client.log_artifact(run, str(file))

    def _new_version(self, name: str, run: str, tags: Mapping[str, str]) -> int:
        if name not in self.names():
            self.client.create_registered_model(name)
        source = f"{self.client.get_run(run).info.artifact_uri}/{BUNDLE}"
        return int(self.client.create_model_version(name, source, run, tags=dict(tags)).version)

    def _artifact(self, version: Version, path: str, into: Path) -> Path:
        with faults(f"{path} of {version.title} cannot be had (put it back, or train it again)"):
            if self.artifacts is None:
                into.mkdir(parents=True, exist_ok=True)
                return Path(self.client.download_artifacts(version.run, path, str(into)))
            kept = Path(url2pathname(urlparse(self.client.get_run(version.run).info.artifact_uri).path)) / path
            kept.stat()
            return kept


def _version(found: Any, aliases: Mapping[str, Any]) -> Version:  # noqa: ANN401
    number, tags = int(found.version), found.tags
    return Version(
        name=found.name,
        number=number,
        bundle=tags["bundle"],
        aliases=tuple(sorted(alias for alias, its in aliases.items() if int(its) == number)),
        run=found.run_id,
        trained_on=tags["trained_on"],
        labels=tuple(json.loads(tags["labels"])),
        data_hash=tags["data_hash"],
        card_hash=tags["card_hash"],
        schema_hash=tags["schema_hash"],
        replaces=int(tags["replaces"]) if "replaces" in tags else None,
    )

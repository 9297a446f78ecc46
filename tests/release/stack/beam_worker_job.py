"""A Beam worker as containers start it: fetches what the job ships, installs it, and serves the runner.

Beam's own images hold a program for this; here it is a process of the batch environment.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import grpc
from apache_beam.portability.api import beam_artifact_api_pb2 as artifacts
from apache_beam.portability.api import beam_artifact_api_pb2_grpc as artifact_services
from apache_beam.portability.api import beam_provision_api_pb2 as provision
from apache_beam.portability.api import beam_provision_api_pb2_grpc as provision_services
from apache_beam.portability.api import beam_runner_api_pb2 as model
from google.protobuf import json_format

PACKAGE = "workflow.tar.gz"
"""The name under which Beam stages what `--setup_file` makes."""


def main() -> None:
    given = arguments()
    folder = Path(tempfile.mkdtemp(prefix="worker-", dir=given.folder))
    info = provisioned(given)
    for name, content in shipped(given, info):
        (folder / name).write_bytes(content)
    environment = {
        "PYTHONPATH": str(installed(given.uv, folder / PACKAGE, Path(given.folder))),
        # What was imported from where shows in the compiled files.
        "PYTHONDONTWRITEBYTECODE": "",
        "SEMI_PERSISTENT_DIRECTORY": str(folder),
        "WORKER_ID": given.id,
        "PIPELINE_OPTIONS": json_format.MessageToJson(info.pipeline_options),
        "CONTROL_API_SERVICE_DESCRIPTOR": f"url: {json.dumps(given.control_endpoint)}",
        "LOGGING_API_SERVICE_DESCRIPTOR": f"url: {json.dumps(given.logging_endpoint)}",
    }
    os.chdir(folder)
    command = [sys.executable, "-m", "apache_beam.runners.worker.sdk_worker_main"]
    os.execve(sys.executable, command, os.environ | environment)


def arguments() -> Namespace:
    """What the worker pool says, after what the test says."""
    parser = ArgumentParser()
    for name in (
        "folder",
        "uv",
        "id",
        "logging_endpoint",
        "artifact_endpoint",
        "provision_endpoint",
        "control_endpoint",
    ):
        parser.add_argument(f"--{name}", required=True)
    return parser.parse_args()


def provisioned(given: Namespace) -> provision.ProvisionInfo:
    """Options and artifacts of the job."""
    with grpc.insecure_channel(given.provision_endpoint) as channel:
        request = provision.GetProvisionInfoRequest()
        return (
            provision_services.ProvisionServiceStub(channel)
            .GetProvisionInfo(request, metadata=[("worker_id", given.id)])
            .info
        )


def shipped(given: Namespace, info: provision.ProvisionInfo) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the job's artifacts."""
    with grpc.insecure_channel(given.artifact_endpoint) as channel:
        service = artifact_services.ArtifactRetrievalServiceStub(channel)
        for artifact in info.dependencies:
            role = model.ArtifactStagingToRolePayload.FromString(artifact.role_payload)
            request = artifacts.GetArtifactRequest(artifact=artifact)
            parts = service.GetArtifact(request, metadata=[("worker_id", given.id)])
            yield role.staged_name, b"".join(part.data for part in parts)


def installed(uv: str, package: Path, folder: Path) -> Path:
    """Builds and installs a package, without what it depends on: the environment has that. Once for all workers."""
    target = folder / f"packages-{hashlib.sha256(package.read_bytes()).hexdigest()[:16]}"
    if not target.exists():
        fresh = package.with_name("fresh")
        command = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation"]
        subprocess.run([*command, "--python", sys.executable, "--target", str(fresh), str(package)], check=True)
        with suppress(OSError):
            fresh.rename(target)
    return target


if __name__ == "__main__":
    main()

"""`python -m tests.release.stack.topic_ingest_job JSON` in the batch environment: bootstrap, ranges and folder."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from pipelines.batch.engine import pipeline_options
from pipelines.batch.ingest import ingest_topic
from pipelines.core.errors import EqmError
from schemas.topics import READINGS


def main() -> int:
    wanted = json.loads(sys.argv[1])
    ranges = {int(partition): tuple(ends) for partition, ends in wanted["ranges"].items()} or None
    options = pipeline_options([], items=wanted["items"])
    try:
        summary = ingest_topic(wanted["bootstrap"], READINGS.name, ranges, Path(wanted["folder"]), options)
    except EqmError as fault:
        print(fault, file=sys.stderr)
        return 1
    print(json.dumps(asdict(summary)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

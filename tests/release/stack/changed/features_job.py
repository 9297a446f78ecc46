"""The features job as another version might be: shorter windows, other features."""

from pipelines.streaming import features_job, readings

readings.WINDOW_MS = 30_000
readings.schema_hash = lambda: "0123456789abcdef"

features_job.main()

"""Jobs are programs for a cluster, not modules to look for tests in."""

collect_ignore_glob = ["*_job.py"]

"""An evaluation: tasks, people held out, figures with intervals, and alarms for leaks."""

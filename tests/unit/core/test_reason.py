"""The one line that says why, out of what Java and Python really print."""

from pipelines.core.errors import relevant_line

PYFLINK = """\
Traceback (most recent call last):
  File "/usr/lib/python3.11/runpy.py", line 198, in _run_module_as_main
    return _run_code(code, main_globals, None,
  File "/tmp/pyflink/0/1/job.py", line 3, in <module>
    t.execute_sql('insert into nowhere select 1')
py4j.protocol.Py4JJavaError: An error occurred while calling o8.executeSql.
: org.apache.flink.table.api.ValidationException: Cannot find table 'nowhere'.
\tat org.apache.flink.table.catalog.CatalogManager.lambda$getTableOrError$4(CatalogManager.java:763)
\tat java.base/java.lang.Thread.run(Thread.java:840)

org.apache.flink.client.program.ProgramAbortException: java.lang.RuntimeException: Python process exits with code: 1
\tat org.apache.flink.client.python.PythonDriver.main(PythonDriver.java:140)
Caused by: java.lang.RuntimeException: Python process exits with code: 1
\tat org.apache.flink.client.python.PythonDriver.main(PythonDriver.java:130)
\t... 15 more
"""

NESTED = """\
org.apache.flink.runtime.JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy
\tat org.apache.flink.runtime.Handler.handle(Handler.java:1)
Caused by: java.lang.RuntimeException: Error received from SDK harness: Traceback (most recent call last):
  File "udf.py", line 9, in score
ValueError: the bundle's schema hash differs

\tat org.apache.flink.Bundle.finish(Bundle.java:2)
"""


def test_the_deepest_cause_is_told_without_wrappers_and_packages() -> None:
    assert relevant_line(PYFLINK) == "ValidationException: Cannot find table 'nowhere'."


def test_a_fault_in_a_python_worker_is_told_rather_than_its_carrier() -> None:
    assert relevant_line(NESTED) == "ValueError: the bundle's schema hash differs"


def test_one_of_our_own_errors_is_told() -> None:
    text = 'Traceback:\n  File "job.py"\npipelines.errors.StackError: no topic eqm.readings.v1\n' + PYFLINK[-120:]
    assert relevant_line(text) == "StackError: no topic eqm.readings.v1"


def test_without_any_cause_the_last_line_is_told() -> None:
    assert relevant_line("one\ntwo\n\n") == "two"
    assert relevant_line("") == "no reason given"

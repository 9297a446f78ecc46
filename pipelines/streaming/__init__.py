"""The Flink jobs. State and time live in the JVM, arithmetic in Python on whole Arrow batches.

The only place that imports pyflink.
"""

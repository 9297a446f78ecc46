"""What our jobs measure: added up in Python, counted by the JVM as metrics of Flink."""

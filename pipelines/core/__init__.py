"""What every room needs: settings, errors, instants, progress, and the connections to Kafka and Flink."""

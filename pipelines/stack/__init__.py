"""The local stack: one Kafka broker, one Flink cluster, the feature store."""

"""The log's adapters: one SQLite file, or Apache Kafka."""

"""The adapters of the log: a SQLite file, or Apache Kafka."""

"""The log on Apache Kafka, for more than one machine."""

"""Our host on Kafka, beside Quix Streams and a bare transactional loop: the same inputs, states and broker."""

"""OCPP 1.6: one message a file. Models are hard where money or power depends on a message, and soft elsewhere."""

"""OCPP 1.6: one message a file, and `dialect.py`, by which the gateway knows this version.

Models are hard where money or power depends on a message, and soft elsewhere.
"""

"""The registry: what the community consists of, as aggregates of the `eventsourcing` library, one a file.

Streams: `registry:<kind>:<id>` of a site, charger, vehicle, account or enterprise.
"""

from processors.registry.processor import Registry, handlers

__all__ = ["Registry", "handlers"]

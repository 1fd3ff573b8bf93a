"""The OCPP 1.6J gateway: chargers' messages become observations on the log, desired state becomes calls to chargers."""

from adapters.ocpp.gateway import Gateway
from adapters.ocpp.settings import Settings

__all__ = ["Gateway", "Settings"]

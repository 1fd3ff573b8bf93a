"""The OCPP gateway: chargers' messages become observations on the log, desired limits become calls to chargers.

What differs between versions of OCPP is behind `dialect.Dialect`. Each version has a folder (`v16/`), which imports
this one and is never imported by it.
"""

from adapters.ocpp.dialect import Dialect
from adapters.ocpp.gateway import Gateway
from adapters.ocpp.settings import Settings

__all__ = ["Dialect", "Gateway", "Settings"]

"""Faust's client meets the brokers by Python's ssl, which may refuse a certificate that librdkafka accepts.

From 3.13 on Python verifies as RFC 5280 demands. Faust itself would only say that it can't connect, so each broker is
tried before Faust starts.
"""

from __future__ import annotations

import asyncio
import ssl

from confluent_kafka.admin import AdminClient

from adapters.log.kafka.reader import listed
from adapters.log.kafka.settings import KafkaSettings
from commands.ports.log import LogError

HANDSHAKE_S = 5.0


async def verified(settings: KafkaSettings) -> ssl.SSLContext | None:
    """What Faust's client connects with, once it has verified every broker that answers; None without TLS.

    Raises `LogError`: which broker it refuses and why, the setting, and what to do.
    """
    if not settings.tls:
        return None
    context = _context(settings)
    brokers = await asyncio.to_thread(_brokers, settings)
    await asyncio.gather(*(_verify(host, port, context) for host, port in brokers))
    return context


def _context(settings: KafkaSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.certificate_file:
        password = settings.key_password.get_secret_value() if settings.key_password else None
        context.load_cert_chain(settings.certificate_file, settings.key_file, password)
    return context


def _brokers(settings: KafkaSettings) -> list[tuple[str, int]]:
    """All that librdkafka knows: the settings may name some only."""
    known = listed(AdminClient(settings.client()), settings.confirm_timeout_s)
    return [(str(broker.host), broker.port) for broker in known.brokers.values()]


async def _verify(host: str, port: int, context: ssl.SSLContext) -> None:
    try:
        async with asyncio.timeout(HANDSHAKE_S):
            _, connection = await asyncio.open_connection(host, port, ssl=context)
    except ssl.SSLCertVerificationError as error:
        raise LogError(
            f"Faust's client refuses the broker {host}:{port}, which librdkafka accepts: {error.verify_message} "
            "(the broker's certificate, or its authority's in COMMONWATT_KAFKA_CA_FILE). From 3.13 on Python verifies "
            "as RFC 5280 demands. Have the certificates issued anew with what is missing (docs/kafka.md); until then "
            "this service runs on Python 3.12"
        ) from error
    except (OSError, TimeoutError):
        return  # a broker that is away is none that is refused: Faust tries it again
    connection.transport.abort()

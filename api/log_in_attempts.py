"""The rate limit of log-ins: guessing a password takes too long to be worth it.

Only failed attempts count. They are counted per process: several processes allow as many each.
"""

from __future__ import annotations

import time

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.context import Context
from api.problems import Problem
from commands.ports.identity import BearerToken

OF_AN_ADDRESS = RateLimitItemPerMinute(10, 15)
"""From one source for one e-mail address: nobody can lock a user out from another source."""
OF_A_SOURCE = RateLimitItemPerMinute(100, 15)
"""From one source for all addresses."""
NOBODY = "unknown"


class LogInAttempts:
    """The failed attempts of the last 15 minutes."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def wait_s(self, source: str, email: str) -> int:
        """How long until the next attempt is allowed, in seconds; 0: now."""
        limits = self._limits(source, email)
        full = [self._limiter.get_window_stats(*limit) for limit in limits if not self._limiter.test(*limit)]
        return max((1 + int(window.reset_time - time.time()) for window in full), default=0)

    def failed(self, source: str, email: str) -> None:
        """Count a failed attempt."""
        for limit in self._limits(source, email):
            self._limiter.hit(*limit)

    def _limits(self, source: str, email: str) -> tuple[tuple[RateLimitItem, str], ...]:
        return (OF_AN_ADDRESS, f"{source} {email.strip().casefold()}"), (OF_A_SOURCE, source)


async def log_in(request: Request, email: str, password: str) -> BearerToken | None:
    """A token for the account with these credentials, or None. Raises a 429 problem after too many failures."""
    context: Context = request.app.state.context
    attempts: LogInAttempts = request.app.state.log_in_attempts
    source = request.client.host if request.client else NOBODY
    if wait_s := attempts.wait_s(source, email):
        raise Problem(429, "too many wrong passwords: try again later", headers={"Retry-After": str(wait_s)})
    token = await context.identity.log_in(email, password)
    if token is None:
        attempts.failed(source, email)
    return token

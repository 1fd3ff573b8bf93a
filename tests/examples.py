"""How many examples a property tries: as many as its test says, or in proportion more in a campaign."""

import os

USUAL = 100
"""What hypothesis tries where a test says nothing."""


def examples(count: int = USUAL) -> int:
    """`count`, times how much COMMONWATT_EXAMPLES exceeds the usual number; never fewer."""
    return max(count, count * int(os.environ.get("COMMONWATT_EXAMPLES", USUAL)) // USUAL)

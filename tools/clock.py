"""The time, as something a test, a demo or an eval can hold still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Instants (time-outs, audit) and calendar days (rules).

    `frozen` fixes the calendar day in every time zone (`PUIS_JE_TODAY`); instants go on, so that time-outs
    still work.
    """

    frozen: date | None = None
    instant: Callable[[], datetime] = _utc_now

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        return self.instant()

    def today(self, time_zone: str = "Europe/Paris") -> date:
        """The calendar day in an IANA time zone."""
        return self.frozen or self.instant().astimezone(ZoneInfo(time_zone)).date()

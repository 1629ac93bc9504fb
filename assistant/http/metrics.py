"""Counters for Prometheus: turns and their time, fall-backs, refused drafts, changes, hand-offs; no text."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from assistant.turn import Report


class Metrics:
    """The counters of one assistant, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._turns = Counter("puis_je_turns", "Turns answered.", ["model"], registry=self.registry)
        self._seconds = Histogram(
            "puis_je_turn_seconds",
            "Time of a turn.",
            registry=self.registry,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )
        self._fallbacks = Counter(
            "puis_je_fallbacks", "Turns another engine had to answer.", ["reason"], registry=self.registry
        )
        self._refused = Counter(
            "puis_je_refused_drafts",
            "Problems that kept a draft from leaving.",
            ["check"],
            registry=self.registry,
        )
        self._changes = Counter("puis_je_changes", "Changes made on a person's word.", registry=self.registry)
        self._handoffs = Counter("puis_je_handoffs", "Turns that brought in a human.", registry=self.registry)
        self.errors = Counter("puis_je_http_errors", "Requests refused.", ["status"], registry=self.registry)

    def count(self, report: Report) -> None:
        """Take in one turn."""
        self._turns.labels(model=report.model).inc()
        self._seconds.observe(report.seconds)
        if report.fallback:
            self._fallbacks.labels(reason=report.fallback).inc()
        for code in report.refused:
            self._refused.labels(check=code).inc()
        self._changes.inc(report.committed)
        self._handoffs.inc(report.handed_off)

    def exposition(self) -> bytes:
        """The counters in Prometheus' text format."""
        return generate_latest(self.registry)

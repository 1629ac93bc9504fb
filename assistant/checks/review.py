"""All checks on one draft, in the order a reader would mend them."""

from __future__ import annotations

from assistant.checks import citations, claims, figures, language, leaks, markup, verdicts
from assistant.checks.draft import Draft, Problem

CHECKS = (language, leaks, markup, verdicts, claims, figures, citations)


def review(draft: Draft) -> tuple[Problem, ...]:
    """Every problem of a draft; none means it may leave."""
    return tuple(problem for module in CHECKS for problem in module.check(draft))

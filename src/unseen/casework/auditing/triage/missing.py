"""Whom a line leaves waiting, among people who are not the sample."""

from collections.abc import Sequence

from unseen.reports.audits.triage_values import Cut, Hidden, Missed

__all__ = ["PREVALENCES", "hidden_below", "missed_at"]

# Of people found with such material, the share who harm children themselves. Seto, Hanson and Babchishin, Sexual Abuse
# 23 (2011) 124: about 12 % by official records, about 55 % by their own account in few, treated samples. What lies
# between is asked for because nobody knows.
PREVALENCES = (0.05, 0.12, 0.2, 0.3, 0.4, 0.55)
_THOUSAND = 1_000


def missed_at(cut: Cut, prevalences: Sequence[float]) -> tuple[Missed, ...]:
    """Of a thousand people, how many who harm would stand below the line, at each of these prevalences.

    Holds as far as those who harm look to the instrument as they did in its sample.

    Args:
        cut: The line.
        prevalences: Shares, 0 … 1.
    """
    missed, spared = cut.missed.rate or 0.0, cut.spared.rate or 0.0
    found = []
    for share in prevalences:
        above_right, above_wrong = share * (1 - missed), (1 - share) * (1 - spared)
        below_right, below_wrong = (1 - share) * spared, share * missed
        found.append(
            Missed(
                prevalence=share,
                expected=_THOUSAND * share * missed,
                low_95=_THOUSAND * share * cut.missed.low_95,
                high_95=_THOUSAND * share * cut.missed.high_95,
                right_above=_ratio(above_right, above_right + above_wrong),
                right_below=_ratio(below_right, below_right + below_wrong),
            )
        )
    return tuple(found)


def hidden_below(cut: Cut, hidden: float) -> Hidden:
    """The scenario in which those who were never found out look like those who did no harm.

    Args:
        cut: The line.
        hidden: Their share of all people, 0 … 1.
    """
    return Hidden(hidden, _THOUSAND * hidden * (cut.spared.rate or 0.0))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0

"""What a report says of matches: on what they stand, and by which policy."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.reports.test_forms import HOW, finding, html_of, report_of

from unseen.model import Ground, ListPolicy, Mark, Match, Second, Weight
from unseen.model.report import ReportedMatch
from unseen.reports.matched import GROUNDS, MARKS, SECONDS


@pytest.mark.parametrize(("spoken", "closed"), [(GROUNDS, Ground), (MARKS, Mark), (SECONDS, Second)])
def test_every_value_of_a_closed_list_has_its_words(spoken: Mapping[Any, str], closed: Any) -> None:
    """No reader meets a bare identifier."""
    assert set(spoken) == set(closed)


def test_a_finding_says_what_it_stands_on_and_a_list_by_which_policy() -> None:
    """The first of its grounds in words, each match in short, with marks; and the default policy by its name."""
    near = Match("known", "a", "pdq", 9, HOW, ground=Ground.NEAR_CORROBORATED, marks=(Mark.DISPUTED,))
    weak = Match("known", "b", "md5", 0, None, ground=Ground.WEAK_DIGEST)
    given = replace(finding(1, "name"), matches=(ReportedMatch(near, ()), ReportedMatch(weak, ())))
    (listed,) = report_of(("name",)).lists
    lists = (replace(listed, policy=ListPolicy()), replace(listed, policy=ListPolicy(near=Weight.LEAD, near_bits=9)))
    page = html_of(replace(report_of(("name",)), findings=lambda: iter([given]), lists=lists))
    for said in (
        GROUNDS[Ground.NEAR_CORROBORATED],
        "9 of 256 bits; near, corroborated; disputed by a member of its service",
        "same bytes (MD5); weak digest",
        "the default",
        "near was up to 9 bits; near matches alone were leads; corroborated by: a digest, several frames",
    ):
        assert said in page, said


def test_a_scan_of_an_older_version_claims_no_ground() -> None:
    """What was not recorded is not made up."""
    assert "not recorded: an older version scanned" in html_of(report_of(("name",)))

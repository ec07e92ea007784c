"""The page about metrics names every one that there is, and its rules no other."""

import re

import pytest
from tests.docs.test_reference import page

from unseen.casework.cases.course import Alarm
from unseen.casework.cases.metrics import METRICS

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

TEXT = page("../how-to/watch-what-waits.md")


def test_every_metric_is_documented() -> None:
    """The table holds each metric with its label, and no other."""
    written = re.findall(r"^\| `(unseen_\w+)(?:\{(\w+)\})?` \|", TEXT, re.MULTILINE)
    assert {name: label or None for name, label in written} == {name: label for name, (label, _) in METRICS.items()}


def test_rules_are_about_metrics_that_there_are() -> None:
    """Each rule has a name of its own and words for people; what it compares exists, labels and alarms too."""
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (group,) = yaml.safe_load(block)["groups"]
    rules = group["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["annotations"]["summary"]
        for name, said in re.findall(r"(unseen_[a-z_]+)(?:\{(.*?)\})?", rule["expr"].replace("unseen_.*", "")):
            assert name in METRICS
            if said:
                label, value = re.fullmatch(r'(\w+)!?="(\w+)"', said).groups()  # type: ignore[union-attr]  # it fails
                assert label == METRICS[name][0]
                assert value in set(Alarm)

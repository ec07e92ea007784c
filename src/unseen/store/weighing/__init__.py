"""How matches of each list are weighed, as named persons have set it."""

from unseen.store.weighing.policies import SetPolicy, policy_history, read_policies, set_policy

__all__ = ["SetPolicy", "policy_history", "read_policies", "set_policy"]

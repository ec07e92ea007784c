"""Questions about findings to services that keep their lists to themselves."""

from unseen.casework.asking.shield import SERVICE, Told, answers_about, ask_about

__all__ = ["SERVICE", "Told", "answers_about", "ask_about"]

"""Find known child sexual abuse material without anyone looking."""

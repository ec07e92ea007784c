"""`unseen audit`: error rates, measured on files of the custodian's own. No rate is ever assumed."""

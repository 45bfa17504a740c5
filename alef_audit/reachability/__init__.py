"""Which roots reach which blocking calls, behind which guards."""

"""Whose approval a request needs: the rules, who stands in for whom, how the vote stands, and who is asked."""

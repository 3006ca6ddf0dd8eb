"""Stock requests: a place asks another for stock; people submit, approve, pick and fulfil."""

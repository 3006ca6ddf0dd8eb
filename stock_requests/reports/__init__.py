"""What is read of many requests at once, and what there is to be asked for."""

"""What is read about many stock requests together, and about what can be asked for."""

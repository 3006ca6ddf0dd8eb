"""What is due by ABC class, and how exact the books were."""

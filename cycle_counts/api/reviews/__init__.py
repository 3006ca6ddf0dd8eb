"""What becomes of the differences that a cycle count has found."""

"""What is kept elsewhere, brought back from there, and forgotten in time."""

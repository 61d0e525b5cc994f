"""What changed for a person, under one cursor."""

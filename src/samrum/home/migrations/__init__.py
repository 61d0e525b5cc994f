"""Schema changes, oldest first. Each table says its retention."""

"""Home's schema, oldest change first. Each table says beside its name how long its rows are kept."""

"""The web client's files, and the headers that every answer of home carries."""

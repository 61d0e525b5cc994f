"""The register of data flows: the browser's policy, the page about one's data, and home's only way out."""

"""Check pictures of documents."""

"""Run pipelines in engines of others, which are imported when they are used."""

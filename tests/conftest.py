"""Set hypothesis up for all tests: shared machines are slow now and then."""

from hypothesis import settings

settings.register_profile("zoo", deadline=None, max_examples=30)
settings.load_profile("zoo")

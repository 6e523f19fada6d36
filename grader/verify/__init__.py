"""The tests of the tests: known mistakes, correct variants, stubs, and the kill matrix."""

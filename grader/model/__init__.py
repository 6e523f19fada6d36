"""The nouns: results, limits, pictures, late rules, words. It imports no other folder."""

"""The nouns: results, limits, pictures, late rules, words. It imports nothing of ours."""

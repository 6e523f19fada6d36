"""A question of PrairieLearn whose external grader we are."""

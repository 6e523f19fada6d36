"""Canvas, by its REST API: submissions come from there, scores and feedback go back."""

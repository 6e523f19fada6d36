"""Output for people and programs: pages, tables, drawings, words."""

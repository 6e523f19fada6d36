"""What people and programs get: pages, tables, drawings, words."""

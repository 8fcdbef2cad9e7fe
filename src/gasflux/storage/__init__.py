"""What is stored and how: whole files, times as text, the tables of the database and their migrations."""

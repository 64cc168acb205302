"""A small question-answering service: user, answer and database, three modules with clear borders."""

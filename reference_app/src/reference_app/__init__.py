"""A small question-answering service: three modules, user, answer and database."""

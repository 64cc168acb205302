"""Answers a question with a sentence of the knowledge base, or says that it does not know."""

"""Keeps questions, answers and feedback: encrypted, searchable, and gone when they are due."""

"""Takes questions from people and programs, knows who they are, and returns answers."""

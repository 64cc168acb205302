"""Users' own policies in Rego, judged by OPA itself in a process of its own."""

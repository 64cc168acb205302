"""The data that everything else speaks in; standard library only."""

"""The user's choices: what is judged, how strictly, and what somebody has decided to live with."""

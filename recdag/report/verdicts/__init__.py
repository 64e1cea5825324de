"""How the papers' numbers and claims came out, and on what evidence that is said."""

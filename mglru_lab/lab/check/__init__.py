"""A real kernel under the standard set of scenarios: its family of rules, what a patch changed."""

"""One mechanism or rule at a time: what each of them does."""

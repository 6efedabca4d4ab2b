"""A checked kernel for people: sentences, page maps, one HTML page."""

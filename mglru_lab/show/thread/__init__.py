"""The mail's options: decision maps, look-around, selftests, your own policy."""

"""The kernels of which there are recordings: a parameter of all tests that compare with them."""

RECORDED = ("6.1", "6.12")

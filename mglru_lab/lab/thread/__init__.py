"""The mail's question: who asks whom, what a selftest can know, what look-around loses."""

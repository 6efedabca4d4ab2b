"""The recorder: boots any kernel in QEMU and writes down what it does with scenarios.

Software emulation only, one CPU; /dev/kvm is never needed. `guest/*.c` is all that runs inside.
"""

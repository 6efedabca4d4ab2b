"""The recorder: boots a distribution's kernel in QEMU and writes down what it does with scenarios.

Software emulation only, one CPU; /dev/kvm is never needed. `guest.c` and `init` run inside.
"""

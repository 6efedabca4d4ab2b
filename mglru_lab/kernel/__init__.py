"""The model of the kernel; each module names the kernel file it speaks of."""

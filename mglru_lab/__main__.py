"""`python -m mglru_lab`: the command `mglru-lab`."""

from mglru_lab.cli.main import main

if __name__ == "__main__":
    main(prog_name="mglru-lab")

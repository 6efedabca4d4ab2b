"""What people see: charts, sentences, panels and reports, by the subjects of `lab`."""

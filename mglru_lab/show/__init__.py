"""What people see: charts, widgets and reports."""

"""What every notebook uses: panels, controls, offline charts, folded answers, the glossary."""

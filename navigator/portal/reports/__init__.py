"""Reports: who is reached, and what becomes of the money; as tables, charts and a workbook."""

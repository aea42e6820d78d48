"""What the cabinet reads, by subject; each page costs a fixed number of statements, however many rows it has."""

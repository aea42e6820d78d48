"""The operator of a district: applications, children, persons."""

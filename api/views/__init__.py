"""From the rows of read models to the JSON of answers (kW, A, %, RFC 3339), one module per resource."""

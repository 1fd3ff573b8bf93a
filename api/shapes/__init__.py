"""The JSON of answers, one module per resource: these classes are the schemas of the OpenAPI document.

A field's name ends with its unit. Null means unknown, or not visible to the caller.
"""

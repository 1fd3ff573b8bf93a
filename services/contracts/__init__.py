"""What others build on: the JSON Schemas, AsyncAPI and OpenAPI."""

"""The ports of the core: protocols that adapters implement. The rules never use them."""

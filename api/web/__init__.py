"""The pages: a client of the REST API in the same process, rendered on the server, live in the browser.

`shared/` is what all pages and roles have in common. `driver/` and `operator/` have the panels, forms and actions of a
role. `site.py` puts the page of a site together.
"""

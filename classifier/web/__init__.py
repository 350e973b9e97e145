"""A local web site: articles with their signals, and the same as a JSON interface.

`app.create_app` puts it together; nothing here is imported unless ``esc serve`` runs. Pages are
rendered on the server and work without script; `static/site.js` and htmx make them quicker.
"""

"""Facts → graph: who mentions whom (``resolve``), what a change reaches without a recording (``static``), the tests a file
holds (``tests_of``), the graph as a document (``export``), and from changes and a recording to tests (``impacts``).
"""

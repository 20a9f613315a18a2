"""Facts → graph; changes → impacts.

Who mentions whom (``resolve``), what a change reaches without a recording (``static``, ``static_answer``), the tests a
file holds (``tests_of``), the graph as a document (``export``), and, with a recording, from changes to tests
(``impacts``).
"""

"""Watch a Python child process until it runs code of the project; only then load the probe.

Most children never do, and pay for this file and ``inherit`` only. Python 3.8 syntax.
"""

import os

_HERE = os.path.dirname(os.path.abspath(__file__))


class Waiting:
    """The child before its first project code."""

    def __init__(self, inheritance, owner):
        self.inheritance = inheritance
        self.owner = owner
        self.over = False
        self.child = None
        """The running ``tdad_probe.children.Child``, once there is one."""
        self._roots = [os.path.join(root, "") for root in inheritance.roots.split("\n")]

    def listen(self):
        """Wait for project code."""
        from tdad_probe.bus import listen

        for event in ("exec", "tdad.owner"):
            listen(event, self._hear)

    def stand_down(self):
        """Stop: a session of the same run observes this process itself."""
        self.over = True
        if self.child is not None:
            self.child.stop()
        self.inheritance.stand_down()

    def _hear(self, event, args):
        if self.over:
            return
        try:
            if event == "exec":
                if self._is_project(args[0].co_filename):
                    self._begin(args[0])
            elif event == "tdad.owner":
                self.owner = args[0]
        except Exception:
            return

    def _is_project(self, filename):
        """Tell cheaply whether it is worth asking the probe; the probe decides."""
        if filename.startswith("<"):
            return False
        if not os.path.isabs(filename):
            filename = os.path.join(os.getcwd(), filename)
        if "site-packages" in filename:
            return False
        for root in self._roots:
            if filename.startswith(root) or os.path.realpath(filename).startswith(root):
                return True
        return False

    def _begin(self, code):
        self.over = True  # what loading the probe raises is of no interest
        from tdad_probe.children import Child

        self.child = Child.begin(self.inheritance, self.owner, code.co_filename)
        if self.child is None:
            self.over = False
        else:
            self.child.adopt(code)


settings = None
waiting = None


def start():
    """Take the variables of the run out of ``os.environ`` and listen."""
    global settings, waiting
    environ = os.environ
    settings = environ.pop("TDAD_PROBE", None)
    roots = environ.pop("TDAD_ROOTS", None)
    owner = environ.pop("TDAD_OWNER", None)
    python_path = environ.get("PYTHONPATH")
    from tdad_probe import inherit  # now, while our folder is still on the path

    if python_path is not None:
        python_path = inherit.original_python_path(python_path)
        if python_path is None:
            del environ["PYTHONPATH"]
        else:
            environ["PYTHONPATH"] = python_path
    if settings and roots and owner:
        inheritance = inherit.Inheritance(settings, roots.split("\n"), owner, python_path)
        inheritance.install()
        waiting = Waiting(inheritance, owner)
        waiting.listen()

from __future__ import annotations

from tests.unit.graph.text_project import resolver

FILES = {
    "conftest.py": """
    import pytest
    pytest_plugins = ["plug"]
    @pytest.fixture
    def db(): ...
    @pytest.fixture
    def only_root(): ...
    """,
    "plug.py": """
    import pytest
    @pytest.fixture
    def db(): ...
    @pytest.fixture
    def from_plugin(): ...
    @pytest.fixture(name="renamed")
    def _internal(): ...
    """,
    "a/conftest.py": """
    import pytest
    @pytest.fixture
    def db(db): ...
    @pytest.fixture(autouse=True)
    def auto(): ...
    """,
    "a/test_a.py": """
    import pytest
    class TestOne:
        @pytest.fixture
        def db(self): ...
        def test_in_class(self, db): ...
    def test_plain(db, from_plugin, renamed): ...
    @pytest.mark.usefixtures("only_root")
    def test_marked(): ...
    def test_dynamic(request):
        request.getfixturevalue("only_root")
    """,
    "b/test_b.py": "def test_b(db): ...\n",
}


def test_the_nearest_fixture_wins() -> None:
    r = resolver(FILES)
    assert r.fixture_for("a/test_a.py", "db", "TestOne") == "a/test_a.py::TestOne.db"
    assert r.fixture_for("a/test_a.py", "db") == "a/conftest.py::db"
    assert r.fixture_for("b/test_b.py", "db") == "conftest.py::db"
    assert r.fixture_for("b/test_b.py", "from_plugin") == "plug.py::from_plugin"
    assert r.fixture_for("b/test_b.py", "renamed") == "plug.py::_internal"
    assert r.fixture_for("b/test_b.py", "auto") is None
    assert r.fixture_for("b/test_b.py", "absent") is None


def test_an_overriding_fixture_that_requests_its_name_gets_the_overridden() -> None:
    r = resolver(FILES)
    users = {e.source for e in r.fixture_users("conftest.py::db")}
    assert users == {"a/conftest.py::db", "b/test_b.py::test_b"}
    assert {e.source for e in r.fixture_users("a/conftest.py::db")} == {"a/test_a.py::test_plain"}
    assert {e.source for e in r.fixture_users("a/test_a.py::TestOne.db")} == {
        "a/test_a.py::TestOne.test_in_class"
    }


def test_usefixtures_and_getfixturevalue() -> None:
    users = {e.source for e in resolver(FILES).fixture_users("conftest.py::only_root")}
    assert users == {"a/test_a.py::test_marked", "a/test_a.py::test_dynamic"}


def test_autouse_captures_the_tests_below_its_folder() -> None:
    r = resolver(FILES)
    users = {e.source for e in r.fixture_users("a/conftest.py::auto")}
    assert "a/test_a.py::TestOne.test_in_class" in users
    assert "a/test_a.py::test_dynamic" in users
    assert "b/test_b.py::test_b" not in users
    assert "a/conftest.py::auto" in {e.target for e in r.references("a/test_a.py::test_plain")}
    assert "a/conftest.py::auto" not in {e.target for e in r.references("b/test_b.py::test_b")}


def test_autouse_in_a_class_captures_only_that_class_and_its_subclasses() -> None:
    r = resolver(
        {
            "base.py": """
            import pytest
            class Base:
                @pytest.fixture(autouse=True)
                def auto(self): ...
            """,
            "test_a.py": """
            from base import Base
            class TestA(Base):
                def test_one(self): ...
            class TestB:
                def test_two(self): ...
            def test_three(): ...
            """,
        }
    )
    users = {e.source for e in r.fixture_users("base.py::Base.auto")}
    assert users == {"test_a.py::TestA.test_one"}


def test_imported_fixtures_belong_to_the_importing_module() -> None:
    r = resolver(
        {
            "fix.py": "import pytest\n@pytest.fixture\ndef f(): ...\n",
            "test_a.py": "from fix import f\ndef test_a(f): ...\n",
        }
    )
    assert r.fixture_for("test_a.py", "f") == "fix.py::f"
    assert {e.source for e in r.fixture_users("fix.py::f")} == {"test_a.py::test_a"}


def test_a_parameter_has_the_type_its_fixture_gives() -> None:
    r = resolver(
        {
            "shop.py": "class Cart:\n    def total(self): ...\nclass Other:\n    def total(self): ...\n",
            "conftest.py": """
            import pytest, shop
            @pytest.fixture
            def cart():
                c = shop.Cart()
                yield c
            """,
            "test_a.py": "def test_a(cart): cart.total()\n",
        }
    )
    (edge,) = [e for e in r.readers("shop.py::Cart.total") if e.source == "test_a.py::test_a"]
    assert not edge.ambiguous
    assert r.readers("shop.py::Other.total") == ()


def test_a_fixture_in_the_same_file_is_hidden_by_the_parameter_of_its_name() -> None:
    r = resolver(
        {
            "test_a.py": """
            import pytest
            class App:
                def go(self): ...
            @pytest.fixture
            def app(): return App()
            def test_a(app): app.go()
            """
        }
    )
    assert {e.source for e in r.readers("test_a.py::App.go")} == {"test_a.py::test_a"}
    kinds = {str(e.kind) for e in r.readers("test_a.py::app")}
    assert kinds == {"fixture"}

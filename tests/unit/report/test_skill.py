from __future__ import annotations

import pytest

from tdad.errors import SkillEdited
from tdad.report.skill import FOLDERS, SKILL, sealed, untouched, write_skills


def test_the_skill_is_at_most_25_lines_with_the_front_matter_that_agents_need():
    lines = sealed(SKILL).splitlines()
    assert len(lines) <= 25
    assert lines[0] == "---"
    assert lines[1] == "name: tdad"
    assert lines[2].startswith("description: ")
    assert len(lines[2]) <= 1024
    assert lines[3] == "---"


def test_it_goes_where_agents_look(tmp_path):
    written = write_skills(tmp_path, to=None, force=False)
    assert [each.path for each in written] == [str(tmp_path / f / "SKILL.md") for f in FOLDERS]
    assert all(each.changed for each in written)
    assert b"\r" not in (tmp_path / FOLDERS[0] / "SKILL.md").read_bytes()


def test_writing_again_changes_nothing(tmp_path):
    write_skills(tmp_path, to=None, force=False)
    assert not any(each.changed for each in write_skills(tmp_path, to=None, force=False))


def test_an_edited_file_is_kept_and_no_other_is_written(tmp_path):
    edited = tmp_path / FOLDERS[2] / "SKILL.md"
    edited.parent.mkdir(parents=True)
    edited.write_text(sealed(SKILL).replace("Repair", "Ignore"), encoding="utf-8")
    before = edited.read_bytes()
    with pytest.raises(SkillEdited, match="tdad skill --force"):
        write_skills(tmp_path, to=None, force=False)
    assert edited.read_bytes() == before
    assert not (tmp_path / FOLDERS[0]).exists()


def test_force_overwrites(tmp_path):
    (tmp_path / "SKILL.md").write_text("mine", encoding="utf-8")
    write_skills(tmp_path, to=tmp_path, force=True)
    assert (tmp_path / "SKILL.md").read_text(encoding="utf-8") == sealed(SKILL)


def test_what_an_older_version_wrote_is_replaced(tmp_path):
    (tmp_path / "SKILL.md").write_text(sealed("an older skill\n"), encoding="utf-8")
    assert write_skills(tmp_path, to=tmp_path, force=False)[0].changed


def test_line_ends_that_git_converted_are_no_edit(tmp_path):
    assert untouched(sealed(SKILL).replace("\n", "\r\n"))
    (tmp_path / "SKILL.md").write_bytes(sealed(SKILL).replace("\n", "\r\n").encode())
    assert not write_skills(tmp_path, to=tmp_path, force=False)[0].changed

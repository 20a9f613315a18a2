from __future__ import annotations

import dataclasses
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdad import facts
from tdad.facts import FileFacts, Span
from tdad.store import codec
from tdad.store.frame import FrameError, seal, seal_json, unseal, unseal_json
from tdad.store.lines import pack, pack_chunks, unpack, unpack_chunks

TEXT = st.text(
    st.characters(), max_size=8
)  # lone surrogates included: a string literal may have them
NUMBER = st.integers(-1, 2**40)
SPAN = st.builds(Span, st.integers(0, 10**6), st.integers(0, 10**6))
HEX = st.one_of(st.just("0123456789abcdef"), st.just("ab" * 8), TEXT)
STRATEGIES = {
    codec.INT: NUMBER,
    codec.STR: TEXT,
    codec.HEX: HEX,
    codec.STRS: st.lists(TEXT, max_size=3).map(tuple),
    codec.BOOL: st.booleans(),
    codec.SPAN: SPAN,
    codec.SPAN_OR_NONE: st.none() | SPAN,
}


def items(name: str) -> st.SearchStrategy[tuple[object, ...]]:
    cls, columns = codec.COLUMNS[name]
    fields = {
        column: STRATEGIES[kind] if isinstance(kind, str) else st.sampled_from(kind)
        for column, kind in columns.items()
    }
    return st.lists(st.builds(cls, **fields), max_size=4).map(tuple)


FACTS = st.builds(
    FileFacts,
    path=TEXT,
    digest=HEX,
    module=TEXT,
    exports=st.none() | st.lists(TEXT, max_size=3).map(tuple),
    plugins=st.lists(TEXT, max_size=3).map(tuple),
    error=st.none() | TEXT,
    **{name: items(name) for name in codec.COLUMNS},
)


@settings(max_examples=150, deadline=None)
@given(FACTS)
def test_facts_come_back_as_they_were(given_facts: FileFacts) -> None:
    decoded = codec.decode(codec.encode(given_facts))

    assert decoded == given_facts
    assert decoded is not None
    assert hash(decoded) == hash(given_facts)


def test_equal_facts_give_equal_bytes() -> None:
    one = FileFacts("a.py", "ab", "a", plugins=("x", "y"))
    other = FileFacts("a.py", "ab", "a", plugins=("x", "y"))

    assert codec.encode(one) == codec.encode(other)


def test_every_field_of_every_fact_has_a_column() -> None:
    of_file = {field.name for field in dataclasses.fields(FileFacts)}
    assert of_file == {*codec.COLUMNS, "path", "digest", "module", "exports", "plugins", "error"}
    for cls, columns in codec.COLUMNS.values():
        assert [field.name for field in dataclasses.fields(cls)] == list(columns), cls
        for name, hint in typing.get_type_hints(cls, vars(facts)).items():
            kind = columns[name]
            if not isinstance(kind, str):
                assert kind is hint


def test_another_layout_is_ignored_and_not_misread() -> None:
    data = codec.encode(FileFacts("a.py", "ab", "a"))

    assert codec.decode(b"\0\0\0\0" + data[4:]) is None
    assert codec.count(b"\0\0\0\0" + data[4:]) is None


@given(FACTS)
def test_counting_says_the_same_as_decoding(one: FileFacts) -> None:
    counted = codec.count(codec.encode(one))

    assert counted == codec.Counts(
        len(one.definitions), len(one.references), one.error is not None
    )


def test_cut_off_facts_are_an_error() -> None:
    data = codec.encode(FileFacts("a.py", "ab", "a"))

    for end in range(len(codec.FORMAT), len(data)):
        with pytest.raises(codec.CodecError):
            codec.decode(data[:end])


@given(st.sets(st.integers(0, 2**50)))
def test_line_sets_come_back(numbers: set[int]) -> None:
    assert unpack(pack(numbers)) == sorted(numbers)


def test_neighbouring_lines_take_a_byte_each() -> None:
    assert len(pack(range(1000, 1100))) == 2 + 99


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="negative number -3"):
        pack([-3, 5])


def test_a_line_set_that_is_cut_off_is_an_error() -> None:
    with pytest.raises(ValueError, match="cut off"):
        unpack(pack([300])[:1])


@given(st.lists(st.binary(max_size=200)))
def test_chunks_come_back(chunks: list[bytes]) -> None:
    assert unpack_chunks(pack_chunks(chunks)) == chunks


@given(st.binary(max_size=400))
def test_frames_come_back(payload: bytes) -> None:
    assert unseal("key", seal("key", payload)) == payload


@given(st.binary(min_size=1, max_size=300), st.data())
def test_any_flipped_bit_in_a_frame_is_noticed(payload: bytes, data: st.DataObject) -> None:
    frame = bytearray(seal("key", payload * 3))
    at = data.draw(st.integers(0, len(frame) * 8 - 1))
    frame[at // 8] ^= 1 << at % 8

    try:
        found = unseal("key", bytes(frame))
    except FrameError:
        return
    # Padding bits after the end of a DEFLATE stream mean nothing.
    assert found == payload * 3


def test_a_frame_under_another_key_is_noticed() -> None:
    with pytest.raises(FrameError, match="other"):
        unseal("other", seal("key", b"payload"))


def test_a_frame_that_is_no_json_is_an_error() -> None:
    assert unseal_json("key", seal_json("key", {"b": [1, "\ud800"]})) == {"b": [1, "\ud800"]}
    with pytest.raises(FrameError):
        unseal_json("key", seal("key", b"{"))

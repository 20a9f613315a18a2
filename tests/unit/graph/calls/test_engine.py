"""Propagation, and what the bounds do and say."""

from __future__ import annotations

from itertools import pairwise

from tdad.graph.calls.engine import Engine


def test_objects_reach_what_is_connected_later_too() -> None:
    engine = Engine(10, 100, 10)
    first, second, third = engine.nodes(3), 1, 2
    engine.edge(first, second)
    engine.add(first, 7)
    engine.settle()
    engine.edge(second, third)
    engine.settle()
    assert engine.held[third] == {7}


def test_a_watcher_sees_each_object_once() -> None:
    engine = Engine(10, 100, 10)
    node = engine.node()
    seen: list[int] = []
    engine.add(node, 1)
    engine.watch(node, seen.append)
    engine.add(node, 2)
    engine.settle()
    engine.add(node, 1)
    engine.settle()
    assert sorted(seen) == [1, 2]


def test_late_actions_run_for_empty_nodes_only() -> None:
    engine = Engine(10, 100, 10)
    empty, full = engine.node(), engine.node()
    engine.add(full, 1)
    done: list[str] = []
    engine.if_empty(empty, lambda: done.append("empty"))
    engine.if_empty(full, lambda: done.append("full"))
    engine.settle()
    assert done == ["empty"]


def test_a_full_node_takes_no_more_and_says_so() -> None:
    engine = Engine(2, 100, 2)
    node = engine.node()
    for item in range(5):
        engine.add(node, item)
    engine.settle()
    assert len(engine.held[node]) == 2
    (sentence,) = engine.limits()
    assert "more than 2 values" in sentence


def test_light_objects_leave_room() -> None:
    engine = Engine(3, 100, 1)
    engine.light = {1, 2, 3}
    node = engine.node()
    for item in (1, 2, 3, 10, 11):
        engine.add(node, item)
    assert engine.held[node] == {1, 10, 11}


def test_work_is_bounded() -> None:
    engine = Engine(100, 5, 100)
    nodes = [engine.node() for _ in range(20)]
    for source, target in pairwise(nodes):
        engine.edge(source, target)
    engine.add(nodes[0], 1)
    engine.settle()
    assert not engine.held[nodes[-1]]
    assert "stopped after 5 steps" in engine.limits()[0]

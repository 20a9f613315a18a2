"""A run in the formats of other tools: mini-swe-agent's trajectory, and a line of SWE-bench predictions. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tdad.agent.chat import Message, Role

MINI_FORMAT = "mini-swe-agent-1.1"


def mini_trajectory(
    messages: Sequence[Message],
    *,
    exit_status: str,
    submission: str,
    calls: int,
    config: dict[str, Any],
) -> dict[str, Any]:
    """The conversation as mini-swe-agent writes its own (``*.traj.json``); costs are unknown and therefore 0."""
    return {
        "info": {
            "model_stats": {"instance_cost": 0.0, "api_calls": calls},
            "exit_status": exit_status,
            "submission": submission,
            "config": config,
        },
        "messages": [_message(each) for each in messages],
        "trajectory_format": MINI_FORMAT,
    }


def _message(message: Message) -> dict[str, Any]:
    document: dict[str, Any] = {"role": str(message.role), "content": message.text}
    if message.reasoning:
        document["reasoning_content"] = message.reasoning
    if message.calls:
        document["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": json.dumps(dict(call.arguments), ensure_ascii=False),
                },
            }
            for call in message.calls
        ]
    if message.role is Role.TOOL:
        document["tool_call_id"] = message.call_id
        document["name"] = message.tool
    return document


def prediction(instance: str, model: str, patch: str) -> dict[str, str]:
    """One line of SWE-bench's predictions."""
    return {"instance_id": instance, "model_name_or_path": model, "model_patch": patch}

"""What a run with a model leaves for other tools: ``mini.traj.json`` and ``predictions.jsonl`` in its folder."""

from __future__ import annotations

import json

from tdad.agent.chat.redact import redact_document
from tdad.agent.loop.exports import mini_trajectory, prediction
from tdad.answers_fix import FixReport
from tdad.workflows.fix_folder import RunFolder, write_whole
from tdad.workflows.fix_model_trail import Trail


def export(run: RunFolder, report: FixReport, trail: Trail, instance: str) -> None:
    """Write both; the conversation is that of the attempt whose patch is the best, else the last one."""
    past = trail.past().attempts
    if not past:
        return
    chosen = past[-1]
    patch = report.patch.text if report.patch is not None else ""
    if report.patch is not None and report.patch.arm == "model":
        better = [each for each in past if each.best is not None and each.best.patch]
        fitting = [each for each in better if each.best and each.best.lines == report.patch.lines]
        chosen = (fitting or better or [chosen])[-1]
    models = {each.number: each.model for each in report.attempts}
    model = models.get(chosen.number, "")
    document = mini_trajectory(
        chosen.messages,
        exit_status="Submitted" if report.patch is not None else str(report.end),
        submission=patch,
        calls=chosen.step,
        config={"model": {"model_name": model}, "tdad": {"run": report.run, "arm": report.arm}},
    )
    text = json.dumps(redact_document(document, trail.secrets), indent=1)
    write_whole(run.folder / "mini.traj.json", text.encode())
    line = json.dumps(prediction(instance, model, patch))
    write_whole(run.folder / "predictions.jsonl", (line + "\n").encode())

"""The external grader of a PrairieLearn question: the student's file -> results.json."""

import json
import os
from pathlib import Path

import archcalc

grade = Path(os.environ.get("GRADE", "/grade"))
key, rubric = grade / "tests" / "key.yaml", grade / "tests" / "rubric.yaml"
graded = archcalc.grade_submission(str(grade / "student"), str(key), rubric=str(rubric))

tests = [
    {
        "name": cell.name,
        "points": float(cell.points),
        "max_points": float(cell.max_points),
        "output": f"{cell.given or 'no answer'}: {cell.verdict}",
        "message": " ".join(one.sentence for one in cell.diagnosis),
    }
    for cell in graded.cells
    if cell.max_points
]
results = {"gradable": True, "score": float(graded.score / graded.max_score), "tests": tests}
if graded.error:
    results |= {"gradable": False, "format_errors": [graded.error]}

(grade / "results").mkdir(exist_ok=True)
(grade / "results" / "results.json").write_text(json.dumps(results))

"""A question of otter-grader about a table: every cell of the rubric is a test case with its points."""

from otter.test_files import test_case

import archcalc

OK_FORMAT = False
name = "q1"
points = None

graded = archcalc.grade_submission("answers.csv", "alexnet", rubric="rubric.yaml")


def case(cell):
    says = " ".join([f"{cell.verdict}.", *(one.sentence for one in cell.diagnosis)])

    @test_case(name=cell.name, points=float(cell.max_points))
    def test():
        assert cell.points == cell.max_points, says

    return test


asked = [cell for cell in graded.cells if cell.max_points]
globals().update({f"case_{number}": case(cell) for number, cell in enumerate(asked)})

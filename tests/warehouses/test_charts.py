"""Charts as shapes: what is more lies higher or reaches further, and nothing falls out of the picture."""

from __future__ import annotations

import pytest

from warehouses.charts import Mark, compact, curve, lanes, sparkline, two_ways


def places(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, _, y in (point.partition(",") for point in points.split())]


class TestCurve:
    def test_a_line_goes_from_left_to_right_and_up_with_its_values(self) -> None:
        drawing = curve([(0.0, 0.0, "a"), (0.5, 50.0, "b"), (1.0, 100.0, "c")], ends=("then", "now"))
        (line,) = [each for each in drawing.lines if each.kind == "main"]
        assert places(line.points) == [(58, 184), (265, 98), (472, 12)]
        assert [each.words for each in drawing.words] == ["0", "25", "50", "75", "100", "then", "now"]

    def test_a_gap_makes_two_lines_and_a_point_by_itself_none(self) -> None:
        values = [1.0, 2.0, None, 3.0, None, 1.0, 2.0]
        drawing = curve([(place / 6, value, "") for place, value in enumerate(values)], ends=("", ""))
        assert [len(each.points.split()) for each in drawing.lines if each.kind == "main"] == [2, 2]

    def test_dots_tell_of_each_value_that_there_is(self) -> None:
        drawing = curve([(0.0, 1.0, "one"), (0.5, None, ""), (1.0, 2.0, "two")], ends=("", ""), has_dots=True)
        assert [words for *_at, words in drawing.dots] == ["one", "two"]

    def test_a_line_far_above_zero_does_not_stand_on_it(self) -> None:
        drawing = curve([(0.0, 1000.0, ""), (1.0, 1010.0, "")], ends=("", ""))
        assert drawing.words[0].words == "990"

    def test_a_mark_is_inside_of_the_picture_with_its_words(self) -> None:
        drawing = curve(
            [(0.0, 90.0, ""), (1.0, 95.0, "")], low=90, high=100, marks=[Mark(98, "Target")], ends=("", "")
        )
        (line,) = [each for each in drawing.lines if each.kind == "mark"]
        assert {y for _x, y in places(line.points)} == {46.4}
        assert "Target" in [each.words for each in drawing.words]

    @pytest.mark.parametrize("values", [[], [0.0], [0.0, 0.0], [-5.0, 5.0], [1e15, 3e15], [0.001, 0.002]])
    def test_nothing_lies_outside(self, values: list[float]) -> None:
        drawing = curve([(place / 9, value, "") for place, value in enumerate(values)], ends=("", ""))
        for line in (*drawing.lines, *drawing.areas):
            assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in places(line.points))


class TestBars:
    def test_in_goes_right_and_out_goes_left_in_proportion(self) -> None:
        drawing = two_ways([("Sale", 0, 100), ("Receipt", 50, 0)])
        out, came = drawing.rects
        assert (out.kind, out.x, out.width) == ("out", "4", "236")
        assert (came.kind, came.x, came.width) == ("in", "240", "118")
        assert [each.words for each in drawing.words] == ["Sale", "+0 −100", "Receipt", "+50 −0"]

    def test_lanes_are_as_long_as_their_numbers_and_none_is_no_bar(self) -> None:
        drawing = lanes([("new", 4, "step-1"), ("old", 0, "step-4"), ("older", 2, "step-4")])
        assert [(each.kind, each.width) for each in drawing.rects] == [("step-1", "292"), ("step-4", "146")]

    def test_nothing_at_all_is_drawn_too(self) -> None:
        assert two_ways([]).rects == []
        assert lanes([("a", 0, "")]).rects == []


class TestSparkline:
    def test_two_values_are_needed(self) -> None:
        assert sparkline([None, 1.0]) is None
        assert sparkline([]) is None

    def test_the_last_value_has_a_dot(self) -> None:
        drawing = sparkline([1.0, None, 3.0, 2.0])
        assert drawing is not None
        assert drawing.dots == [("117", "16", "main", "")]

    def test_what_never_changes_lies_in_the_middle(self) -> None:
        drawing = sparkline([5.0, 5.0])
        assert drawing is not None
        assert places(drawing.lines[0].points) == [(3, 16), (117, 16)]


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (950, "950"), (1200, "1.2k"), (3_000_000, "3M"), (-2500, "-2.5k"), (2.5, "2.5"), (4e9, "4B")],
)
def test_numbers_in_few_characters(value: float, words: str) -> None:
    assert compact(value) == words

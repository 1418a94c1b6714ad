"""Numbers in the report are rounded to what is justified and never across a limit or to a false all or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boneir.assessment import Measure
from boneir.evidence import Grade, Value
from boneir.plan import Position, Trajectory
from boneir.report.numbers import amount_text, beside_limit, measure_text, range_text, seconds_text, value_text
from boneir.report.words import (
    anatomical_place,
    craniocaudal_words,
    date_words,
    in_plane_title,
    in_plane_words,
    lps_place,
    person_name,
    printed,
    scan_position_words,
)

FIVE_MM = Value(5.0, "mm", Grade.PUBLISHED, "a source")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2212", "-")


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (12.34, "mm", "12.3 mm"),
        (-0.04, "mm", "0.0 mm"),
        (-1.26, "mm", "-1.3 mm"),
        (7.6, "deg", "8°"),
        (4.188, "mL", "4.2 mL"),
        (99.972, "%", "99.9 %"),
        (100.0, "%", "100 %"),
        (0.02, "%", "0.1 %"),
        (0.0, "%", "0 %"),
        (54.4, "%", "54 %"),
        (-60.4, "degC", "-60 °C"),
        (0.012345, "1", "0.0123"),
        (1234.5, "GPa", "1234 GPa"),
        (1.5, "", "1.5"),
        (float("nan"), "mm", "not known"),
    ],
)
def test_a_number_is_rounded_by_its_unit(amount: float, unit: str, expected: str) -> None:
    assert plain(amount_text(amount, unit)) == expected


@given(st.floats(0.0, 10.0))
def test_rounding_never_hides_on_which_side_of_a_limit_a_number_lies(amount: float) -> None:
    shown = float(plain(beside_limit(amount, "mm", FIVE_MM)).removesuffix(" mm"))
    if abs(amount - 5.0) > 6e-4:
        assert (shown < 5.0) == (amount < 5.0)
    assert shown == pytest.approx(amount, abs=0.051)


def test_a_limit_in_another_unit_changes_nothing() -> None:
    assert plain(beside_limit(5.01, "deg", FIVE_MM)) == "5°"


def test_a_measure_shows_its_range_or_why_it_has_no_number() -> None:
    assert plain(measure_text(Measure("a.b", "B", 3.27, "mm", low=-1.2, high=6.9))) == "3.3 mm (-1.2 to 6.9 mm)"
    assert plain(measure_text(Measure("a.b", "B", None, "mL", low=1.3, high=2.9))) == "1.3 to 2.9 mL"
    assert measure_text(Measure("a.b", "B", None, note="no skin entry")) == "no skin entry"
    assert measure_text(Measure("a.b", "B", None)) == "not known"


def test_ranges_values_and_times_in_words() -> None:
    assert plain(range_text(2.0, None, "mm")) == "at least 2.0 mm"
    assert plain(range_text(None, 2.0, "mm")) == "at most 2.0 mm"
    assert plain(value_text(Value(2.41, "mm", Grade.DEFAULT, "ours", 2.0, 3.0))) == "2.41 mm (2 to 3)"
    assert [plain(seconds_text(s)) for s in (0, 45, 300, 150)] == ["0 s", "45 s", "5 min", "2 min 30 s"]


def test_places_are_named_by_anatomy_and_by_number() -> None:
    place = (34.24, -81.0, -402.46)
    assert plain(anatomical_place(place)) == "L 34.2  A 81.0  I 402.5 mm"
    assert plain(lps_place(place)) == "34.2, -81.0, -402.5"
    assert plain(lps_place((-0.01, 0.0, 10.04))) == "0.0, 0.0, 10.0"


def test_directions_follow_the_needle() -> None:
    to_right_and_feet = Trajectory((60.0, 70.0, 0.0), (0.0, 10.0, -10.0))
    assert in_plane_words(45.2, to_right_and_feet) == "45°, tip towards the patient's right"
    assert in_plane_words(-0.2, to_right_and_feet) == "0°, straight front to back"
    assert in_plane_title(Position.PRONE) == "Angle from the vertical, within the axial plane"
    assert in_plane_title(Position.LEFT_LATERAL) == "Angle from the horizontal, within the axial plane"
    assert craniocaudal_words(-6.7, to_right_and_feet) == "7°, towards the feet"
    assert craniocaudal_words(0.3, to_right_and_feet) == "0°, in the axial plane"


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("Doe^Jane^^Dr", "Doe, Jane, Dr"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou (山田, 太郎; やまだ, たろう)"),
        ("", "not given"),
        ("^^", "not given"),
        ("=山田^太郎", "山田, 太郎"),
    ],
)
def test_a_dicom_name_is_readable(given_name: str, expected: str) -> None:
    assert person_name(given_name) == expected


def test_dates_and_positions_that_are_malformed_stand_as_they_are() -> None:
    assert date_words("20250114") == "2025-01-14"
    assert date_words("Jan 25") == "Jan 25"
    assert scan_position_words("HFP") == "HFP: head first, prone"
    assert scan_position_words("FFDL") == "FFDL: feet first, left side down"
    assert scan_position_words("XYZ") == "XYZ"
    assert scan_position_words("") == "not given"


def test_sentences_are_printed_with_signs_and_anatomical_places():
    asked = "0.8 mm at 25 deg from (-18.04, 11, 101) mm LPS, 4.1 +- 1.6 kJ, 20% below 45 degC"
    assert plain(printed(asked)) == "0.8 mm at 25° from R 18.0  P 11.0  S 101.0 mm, 4.1 ± 1.6 kJ, 20 % below 45 °C"
    assert printed("degrees, 3 degrees, 5 % and (1, 2) stay") == "degrees, 3 degrees, 5 % and (1, 2) stay"


def test_a_range_whose_ends_read_alike_is_not_printed_twice():
    assert measure_text(Measure("a", "A", 97.0, "%", low=96.8, high=97.2)) == amount_text(97.0, "%")
    assert plain(range_text(4.11, 4.12, "mm")) == "4.1 mm"
    assert plain(measure_text(Measure("a", "A", 4.5, "mm", low=4.1, high=4.9))) == "4.5 mm (4.1 to 4.9 mm)"


def test_a_thermal_dose_is_not_printed_to_the_minute():
    assert plain(amount_text(240139.4, "min")) == "240000 min"
    assert plain(amount_text(341.56, "min")) == "341.6 min"

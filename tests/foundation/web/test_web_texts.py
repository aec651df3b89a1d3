"""Texts on pages."""

from foundation.web.pages import commands


def test_a_command_in_a_text_is_code_from_the_left_to_the_right_and_nothing_in_it_is_markup() -> None:
    assert commands("نخست `bin/pasokh plan import <FILE>` & بس") == (
        'نخست <code dir="ltr">bin/pasokh plan import &lt;FILE&gt;</code> &amp; بس')
    assert commands("") == ""

"""What is wrong with the site's surveys: files, queues that name none, prompts that nobody would hear."""

from collections.abc import Iterator

from followups.surveys.surveys import load_surveys
from foundation.data_file import DataFileError
from foundation.paths import Home
from foundation.settings import Settings
from ivr.menu.lint import HasSound


def survey_findings(home: Home, settings: Settings, has_sound: HasSound) -> Iterator[str]:
    """A sentence for each fault."""
    try:
        surveys = load_surveys(home.surveys)
    except DataFileError as error:
        yield from map(str, error.faults)
        return
    asked = {f"queues.{name}.survey": queue.survey for name, queue in settings.queues.items()}
    for key, survey_id in {**asked, "followups.result_survey": settings.followups.result_survey}.items():
        if survey_id is not None and survey_id not in surveys:
            yield (f"{home.settings_file}: {key} = {survey_id}: there is no such survey; there are "
                   f"{', '.join(surveys)}")
    for survey in surveys.values():
        for prompt in survey.prompts:
            if not has_sound(prompt):
                yield (f"{home.surveys}: survey {survey.id}: prompt {prompt!r} has no sound: run "
                       "`bin/pasokh prompts build`")

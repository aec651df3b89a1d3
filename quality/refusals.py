"""Why listening and judging do not do what was asked: one class each, with a name that stays the same on the wire."""

from typing import ClassVar


class QualityRefusalError(Exception):
    """`name` is stable; its text for people is `quality.refused.<name>` in the catalogue, with `values` put in."""

    name: ClassVar[str]
    status: ClassVar[int] = 409

    def __init__(self, **values: str | int) -> None:
        super().__init__(f"{self.name}: {', '.join(f'{key} {value}' for key, value in values.items())}".rstrip(": "))
        self.values = values


class NoSuchRecordingError(QualityRefusalError):
    """There is none of this id, or none that this person may hear: he is not told which."""

    name = "no-such-recording"
    status = 404


class ReasonNeededError(QualityRefusalError):
    """The sound is given when it has been said why."""

    name = "reason-needed"
    status = 403


class UnknownPurposeError(QualityRefusalError):
    name = "unknown-purpose"
    status = 422


class NotYourRoleError(QualityRefusalError):
    """The role that he named does not let him hear this."""

    name = "not-your-role"
    status = 403


class SoundMissingError(QualityRefusalError):
    """The file is gone."""

    name = "sound-missing"
    status = 410


class SoundSealedError(QualityRefusalError):
    """No key of this site opens it."""

    name = "sound-sealed"
    status = 503


class SoundDamagedError(QualityRefusalError):
    name = "sound-damaged"
    status = 500


class WrongTimeError(QualityRefusalError):
    """No time that is read."""

    name = "wrong-time"
    status = 422


class EmptyNoteError(QualityRefusalError):
    name = "empty-note"
    status = 422


class ScorecardsWrongError(QualityRefusalError):
    """The site's file cannot be used; the page and `bin/pasokh quality check` say why."""

    name = "scorecards-wrong"
    status = 503


class UnknownScorecardError(QualityRefusalError):
    name = "unknown-scorecard"
    status = 404


class ScorecardChangedError(QualityRefusalError):
    """The card is another one than was used under this version: it needs a higher one."""

    name = "scorecard-changed"


class WrongAnswersError(QualityRefusalError):
    """An answer is none of its question's choices."""

    name = "wrong-answers"
    status = 422


class OwnConversationError(QualityRefusalError):
    """Nobody judges himself."""

    name = "own-conversation"
    status = 403


class NoConversationError(QualityRefusalError):
    """Only conversations with an agent are judged."""

    name = "no-conversation"
    status = 422


class EvaluatedError(QualityRefusalError):
    """He has judged this conversation by this card."""

    name = "evaluated"


class NoSuchEvaluationError(QualityRefusalError):
    name = "no-such-evaluation"
    status = 404


class RepliedError(QualityRefusalError):
    """A reply and an answer to it are given once."""

    name = "replied"


class NothingToAnswerError(QualityRefusalError):
    """The agent has not replied."""

    name = "nothing-to-answer"


class NoSuchCalibrationError(QualityRefusalError):
    name = "no-such-calibration"
    status = 404


class CalibrationClosedError(QualityRefusalError):
    name = "calibration-closed"


class NoSuchDrawError(QualityRefusalError):
    name = "no-such-draw"
    status = 404

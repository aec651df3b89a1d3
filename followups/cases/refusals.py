"""Why something asked about a case is not done: one class each, with a name that stays the same on the wire."""

from typing import ClassVar


class CaseRefusalError(Exception):
    """Nothing has changed; `name` is stable, `values` tell what it is about and never hold a national ID."""

    name: ClassVar[str]
    status: ClassVar[int] = 409
    """For answers over HTTP."""

    def __init__(self, **values: str) -> None:
        told = ", ".join(f"{key} {value}" for key, value in values.items())
        super().__init__(f"{self.name}: {told}" if told else self.name)
        self.values = values


class UnknownCaseError(CaseRefusalError):
    """There is none, or not for the one who asks."""

    name = "unknown-case"
    status = 404


class ChangedMeanwhileError(CaseRefusalError):
    """Somebody else changed the case after the version that this change was made upon."""

    name = "changed-meanwhile"


class NotInThisStateError(CaseRefusalError):
    name = "not-in-this-state"


class NotYourUnitError(CaseRefusalError):
    """Only members of the case's unit, and supervisors, work on it."""

    name = "not-your-unit"
    status = 403


class MayOnlyLookError(CaseRefusalError):
    name = "may-only-look"
    status = 403


class UnknownSubjectError(CaseRefusalError):
    name = "unknown-subject"
    status = 422


class RetiredSubjectError(CaseRefusalError):
    """It takes no new cases."""

    name = "retired-subject"
    status = 422


class UnknownUnitError(CaseRefusalError):
    name = "unknown-unit"
    status = 422


class SameUnitError(CaseRefusalError):
    name = "same-unit"
    status = 422


class UnknownProvinceError(CaseRefusalError):
    name = "unknown-province"
    status = 422


class NotAMemberError(CaseRefusalError):
    """A case is given to somebody who works in its unit."""

    name = "not-a-member"
    status = 422


class AlreadyAMemberError(CaseRefusalError):
    name = "already-a-member"


class BadMemberNameError(CaseRefusalError):
    name = "bad-member-name"
    status = 422


class WrongNationalIdError(CaseRefusalError):
    """Its check digit says that it was written wrongly. What was written is not repeated."""

    name = "wrong-national-id"
    status = 422


class WrongAddressError(CaseRefusalError):
    """Nobody can be met there."""

    name = "wrong-address"
    status = 422


class EmptyTextError(CaseRefusalError):
    name = "empty-text"
    status = 422


class TextTooLongError(CaseRefusalError):
    name = "text-too-long"
    status = 422


class BadReferenceError(CaseRefusalError):
    """A link's reference is no id."""

    name = "bad-reference"
    status = 422


class ContactInFutureError(CaseRefusalError):
    name = "contact-in-future"
    status = 422


class ContactTooOldError(CaseRefusalError):
    name = "contact-too-old"
    status = 422


class UnknownMessageError(CaseRefusalError):
    name = "unknown-message"
    status = 404


class FileTooLargeError(CaseRefusalError):
    name = "file-too-large"
    status = 413


class FileKindRefusedError(CaseRefusalError):
    """By its content, whatever its name says."""

    name = "file-kind-refused"
    status = 415


class TooManyFilesError(CaseRefusalError):
    name = "too-many-files"


class UnknownFileError(CaseRefusalError):
    name = "unknown-file"
    status = 404


class UnknownRecordingError(CaseRefusalError):
    """It is of none of the case's calls, or its time of keeping is over."""

    name = "unknown-recording"
    status = 404


class FileGoneError(CaseRefusalError):
    """Its row is there, its content is not, or is not what it was."""

    name = "file-gone"
    status = 410


class CaseFilesWrongError(CaseRefusalError):
    """The site's own subjects or units cannot be read; its log names each fault with its line."""

    name = "case-files-wrong"
    status = 503


class NoCodeLeftError(CaseRefusalError):
    """Every drawn tracking code was taken already."""

    name = "no-code-left"
    status = 503

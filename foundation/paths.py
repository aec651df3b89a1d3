"""Where everything lies: the checkout's own folders and the folders of one installation (a site)."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def tools_folder() -> Path:
    """The folder of what the launcher unpacked: the virtual environment and the private Asterisk."""
    return Path(os.environ.get("PASOKH_TOOLS") or CHECKOUT / ".tools").resolve()


@dataclass(frozen=True)
class Home:
    """One installation's folder: all of its state, and nothing else's."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """`PASOKH_HOME`, or `var/` in the checkout."""
        return cls(Path(os.environ.get("PASOKH_HOME") or CHECKOUT / "var").resolve())

    @property
    def settings_file(self) -> Path:
        return self.root / "site.yaml"

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.yaml"

    @property
    def identity_keys(self) -> Path:
        """What national IDs are sealed with and found by; without this file they are lost."""
        return self.root / "identity-keys.yaml"

    @property
    def case_files(self) -> Path:
        """Attachments of cases, each named by its SHA-256."""
        return self.root / "case-files"

    @property
    def result_sounds(self) -> Path:
        """What callers shall be told, spoken: a folder for each result, gone when it has been told and closed."""
        return self.root / "result-sounds"

    @property
    def asterisk(self) -> Path:
        return self.root / "asterisk"

    @property
    def asterisk_config(self) -> Path:
        return self.asterisk / "etc"

    @property
    def asterisk_log(self) -> Path:
        return self.asterisk / "log"

    @property
    def queue_log(self) -> Path:
        """The journal's live file."""
        return self.asterisk_log / "queue_log"

    @property
    def cel_log(self) -> Path:
        """The second durable record's live file (channel event logging, CSV)."""
        return self.asterisk_log / "cel-custom" / "cel.csv"

    @property
    def prompts(self) -> Path:
        """Telephone sound per language: `prompts/fa/welcome.alaw`. Asterisk's `sounds` folder."""
        return self.root / "prompts"

    @property
    def music(self) -> Path:
        """Music on hold, a folder for each class: `music/default/*.alaw`."""
        return self.root / "music"

    @property
    def recordings_raw(self) -> Path:
        """Where Asterisk writes the two legs of a conversation while it lasts."""
        return self.root / "recordings" / "raw"

    @property
    def recordings_store(self) -> Path:
        return self.root / "recordings" / "store"

    @property
    def database(self) -> Path:
        return self.root / "database"

    @property
    def spool(self) -> Path:
        """Facts that wait for a database that is away."""
        return self.root / "spool"

    @property
    def voice_spool(self) -> Path:
        """Voice messages and call-back requests on their way to the recordings."""
        return self.spool / "voice-messages"

    @property
    def surveys(self) -> Path:
        """The site's own surveys, beside the shipped ones."""
        return self.root / "followups" / "surveys.yaml"

    @property
    def emergency(self) -> Path:
        """What says that an emergency announcement or a closure is on; the dialplan looks here too."""
        return self.root / "emergency"

    @property
    def applied_settings(self) -> Path:
        """The settings that the running line goes by; `site.yaml` may have newer ones."""
        return self.run / "applied-settings.json"

    @property
    def callback_offers(self) -> Path:
        """What queues offer at this moment: `callback-offers/QUEUE/fa/offer.alaw`, announced while it is there."""
        return self.root / "callback-offers"

    @property
    def backups(self) -> Path:
        """Where backups of this site were written: each is told of callers who are forgotten afterwards."""
        return self.root / "backups.json"

    @property
    def drain(self) -> Path:
        """While this file exists, the line takes no new calls; the dialplan looks at it too."""
        return self.root / "draining"

    @property
    def certificates(self) -> Path:
        """The certificate that Pasokh made for the web pages, and the authority behind it."""
        return self.root / "certificates"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Sockets and pid files; worthless after a restart."""
        return self.root / "run"

    @property
    def sockets(self) -> Path:
        """Folder of unix sockets: their whole path must stay under 108 bytes, so a deep home gets one elsewhere."""
        if len(os.fsencode(self.run)) <= 70:
            return self.run
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"pasokh-{os.getuid()}-{name}"

    def make(self) -> None:
        """Create the folders that services write to. Only the owner may look inside."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        for folder in (
            self.asterisk_config, self.asterisk_log, self.cel_log.parent, self.prompts, self.recordings_raw,
            self.recordings_store, self.database, self.spool, self.logs, self.run, self.music, self.emergency,
            self.callback_offers,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)

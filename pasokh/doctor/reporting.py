"""Looks at what reports need beyond their figures: paper, and the server that sends them."""

import smtplib
import socket
import ssl

from pasokh.doctor.findings import Finding, fault, good, note
from pasokh.site import Site
from reports.forms.paper import PaperError, font_address, html_pdf
from reports.post.sending import signed_in_server

MAIL_SECONDS = 10.0
PDF = b"%PDF-"
MENDS: tuple[tuple[type[Exception], str], ...] = (
    (UnicodeError, "write smtp.username in site.yaml, and `smtp:` in {secrets}, in ASCII letters"),
    (smtplib.SMTPAuthenticationError, "mend smtp.username in site.yaml, or `smtp:` in {secrets}"),
    (smtplib.SMTPNotSupportedError,
     "the server does not offer what smtp.security or smtp.username asks for; on port 465 write tls"),
    (ssl.SSLCertVerificationError,
     "write smtp.server as its certificate names it, or have this machine trust who signed it"),
    (ssl.SSLError, "smtp.security does not fit the port: most servers speak starttls on 587 and tls on 465"),
    (socket.gaierror, "mend smtp.server in site.yaml, or the network's name service"),
    (TimeoutError, "mend smtp.server and smtp.port in site.yaml, or what stands between (a firewall?)"),
    (ConnectionError, "mend smtp.server and smtp.port in site.yaml, or what stands between (a firewall?)"),
)
"""The first that fits."""
ELSE = "mend smtp in site.yaml, or ask who runs the server; docs/reports.md says how reports are sent"


def look_at_paper(_site: Site) -> Finding:
    try:
        made = html_pdf('<p lang="fa" dir="rtl">پاسخ</p>')
    except PaperError as error:
        return fault(str(error), "until then reports are sent and saved in other forms, none as PDF")
    if not made.startswith(PDF):
        return fault("WeasyPrint made something that is no PDF", "`bin/pasokh prepare` installs it anew")
    if not font_address():
        return note("PDFs are made, in this machine's letters: those of the pages are not here",
                    "`bin/pasokh prepare` fetches them")
    return good("PDFs are made")


def look_at_mail(site: Site) -> Finding:
    """Greets the server as reports do, and sends nothing."""
    smtp = site.settings.smtp
    if smtp.server is None:
        return good("no reports are sent by mail (smtp.server is not set)")
    where = f"{smtp.server}:{smtp.port}"
    if smtp.username and not site.secrets.smtp:
        return fault(f"the password of {smtp.username} at {where} is missing",
                     f"write it as `smtp:` in {site.home.secrets_file}")
    try:
        with signed_in_server(smtp, site.secrets, MAIL_SECONDS) as server:
            server.noop()
    except (OSError, UnicodeError) as error:
        return fault(f"{where}: {_reason(error, site.secrets.smtp)}", _mend(error, site))
    private = "in the clear" if smtp.security == "none" else f"by {smtp.security}"
    who = f", signed in as {smtp.username}" if smtp.username else ""
    return good(f"{where} takes mail from {smtp.sender} {private}{who}")


def _reason(error: Exception, secret: str) -> str:
    """In one line, and without the password, whatever the server says."""
    if isinstance(error, UnicodeError):
        return "the name or the password has letters that no sign-in can carry"
    if isinstance(error, smtplib.SMTPResponseException):
        told = error.smtp_error
        text = f"{error.smtp_code} {told.decode(errors='replace') if isinstance(told, bytes) else told}"
    else:
        text = str(error) or type(error).__name__
    first = (text.splitlines() or [""])[0][:300]
    return first.replace(secret, "***") if secret else first


def _mend(error: Exception, site: Site) -> str:
    return next((mend for kind, mend in MENDS if isinstance(error, kind)), ELSE).format(
        secrets=site.home.secrets_file)

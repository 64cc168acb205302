"""A layer keeps every file it was given, even when a later layer deletes it."""

import re
from collections.abc import Iterator
from fnmatch import translate
from functools import cache

from kubeguard.checks.kit import Instruction, Problem, Severity, advise, check

_FILES = (
    *(".env", ".env.*", ".envrc", ".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".my.cnf"),
    *(".git-credentials", ".htpasswd", ".vault-token", ".s3cfg", ".dockercfg", ".boto"),
    *(".aws", ".aws/credentials", ".docker/config.json", ".kube", ".kube/config", "kubeconfig"),
    *("*.kubeconfig", ".gnupg", ".ssh", ".azure", "gcloud/credentials.db", "master.key"),
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "*_rsa", "*_ed25519", "*.ppk", "*.kdbx"),
    *("server.key", "tls.key", "ssl.key", "client.key", "ca.key", "private.key", "privkey.*"),
    *("key.pem", "*-key.pem", "*_key.pem", "*private*.pem", "*private*.key", "*.pfx", "*.p12"),
    *("credentials.json", "client_secret*.json", "service[-_]account*.json", "*.tfstate"),
    *("serviceaccount*.json", "application_default_credentials.json", "terraform.tfvars"),
    *("secret.y*ml", "secrets.y*ml", "secret.json", "secrets.json", "secrets.env", ".secrets"),
)
_HARMLESS = re.compile(
    r"(?i)\.(example|sample|template|tmpl|tpl|dist|defaults?|schema|tests?|enc|gpg|age|pub)$"
    r"|^\.env\.(example|sample|template|dist|tests?|ci)\b|pub(lic)?[-_.]|trust"
)


@check(
    "KG1008",
    "Secret file is copied into a layer",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.10", "CWE-538", "MITRE T1552.001"),
    like=("trivy:DS-0031",),
)
def copied_secret_file(
    instruction: Instruction, *, files: tuple[str, ...] = _FILES
) -> Iterator[Problem]:
    if instruction.keyword not in ("COPY", "ADD"):
        return
    pattern = _pattern(files)
    for word in instruction.words[:-1]:
        path = word.text.rstrip("/*?")
        if pattern.search(path) and not _HARMLESS.search(path.rpartition("/")[2]):
            message = f"{path!r} usually holds a secret, and the layer keeps it for good"
            hint = "use RUN --mount=type=secret in the build, or mount it when the container runs"
            yield Problem(word.node, message, advise(hint))


@cache
def _pattern(files: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for all globs, against the end of a path that is no address."""
    globs = "|".join(translate(glob) for glob in files)
    return re.compile(rf"^(?!\w+://|<<)(?:.*/)?(?:{globs})", re.IGNORECASE)

"""Files that hold secrets: how they are called, and whether one really does."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase, translate
from functools import cache

from kubeguard.model.credentials import in_text

NAMES = (
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
"""Globs against the end of a path."""
_HARMLESS = re.compile(
    r"(?i)\.(example|sample|template|tmpl|tpl|dist|defaults?|schema|tests?|enc|gpg|age|pub)$"
    r"|^\.env\.(example|sample|template|dist|tests?|ci)\b|pub(lic)?[-_.]|trust"
)


def is_secret_file(path: str, names: tuple[str, ...] = NAMES) -> bool:
    """Whether a file or folder of this name usually holds a secret."""
    return bool(_pattern(names).search(path)) and not _HARMLESS.search(path.rpartition("/")[2])


@cache
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for all globs, against the end of a path that is no address."""
    joined = "|".join(translate(glob) for glob in globs)
    return re.compile(rf"^(?!\w+://|<<)(?:.*/)?(?:{joined})", re.IGNORECASE)


_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")
_PROTECTED_KEY = re.compile(r"-----BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: 4,ENCRYPTED", re.M)
_STORES = (
    (r"(?:^|/)[._]netrc$", r"\bpassword\s+\S", "a password"),
    (r"(?:^|/)\.pgpass$", r"(?m)^[^#\n].*:[^:\n]+$", "a password"),
    (r"(?:^|/)\.npmrc$", r"_(?:authToken|password|auth)\s*=\s*[\"']?[^\s\"'$]", "a token"),
    (r"(?:^|/)\.htpasswd$", r"(?m)^[^#\s:]+:\S", "password hashes"),
    (r"(?:^|/)\.vault-token$", r"\S", "a token"),
    (r"(?i)kubeconfig$|(?:^|/)\.kube/", r"client-key-data:\s*\S{40}", "a private key"),
)
"""Whose files are secret in a way of their own: path, what is secret in it, what that is."""
_BINARY = re.compile(r"(?i)\.(?:p12|pfx|kdbx|jks|keystore)$|(?:^|/)credentials\.db$")


def secret_in(path: str, content: bytes) -> str:
    """What secret a file holds, with its article; '' for none."""
    if content and _BINARY.search(path):
        return "a store of keys or passwords"
    text = content.decode("utf-8", "replace")
    if _PRIVATE_KEY.search(text):
        return "a private key, encrypted" if _PROTECTED_KEY.search(text) else "a private key"
    for store, secret, what in _STORES:
        if re.search(store, path) and re.search(secret, text):
            return what
    for _, credential in in_text(path, text):
        return str(credential)
    return ""


PACKAGES = (
    *("*/site-packages/*", "*/dist-packages/*", "*/node_modules/*", "*/gems/*", "*/go/pkg/mod/*"),
    *("/usr/lib/python*", "/usr/local/lib/python*", "/usr/share/doc/*", "/usr/share/perl*"),
    *("*/testdata/*", "/usr/share/cmake*", "/usr/lib/node_modules/*", "/usr/share/ruby*"),
)
"""Where packages keep keys for their own tests, which everybody has."""


def is_ignored(path: str, globs: tuple[str, ...] = PACKAGES) -> bool:
    return any(fnmatchcase(path, glob) for glob in globs)
